#define _GNU_SOURCE /* pipe2 */
#include "tls.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* From openssl/ssl.h; unchanged since 1.1.1. */
enum { WANT_READ = 2, WANT_WRITE = 3, ZERO_RETURN = 6, CTRL_MODE = 33, CTRL_GROUPS = 92, MOVING_BUFFER = 3 };

static struct {
    void *(*method)(void), *(*context)(const void *), *(*open)(void *);
    long (*control)(void *, int, long, void *);
    int (*set_fd)(void *, int), (*shake)(void *), (*write)(void *, const void *, int), (*read)(void *, void *, int);
    int (*error)(const void *, int);
    void (*set_client)(void *), (*free)(void *), (*forget)(void), (*verify)(void *, int (*)(void *, void *), void *);
} ssl;

static void *context;

static int find(void *library, const char *name, void *pointer) {
    void *found = dlsym(library, name);
    *(void **)pointer = found;
    return found != NULL;
}

/* In place of following the certificate to its issuer. Its key is used all the same, on what the broker has signed. */
static int is_trusted(void *chain, void *unused) {
    (void)chain, (void)unused;
    return 1;
}

const char *tls_load(void) {
    void *library = dlopen("libssl.so.3", RTLD_NOW | RTLD_GLOBAL);
    if (!library) library = dlopen("libssl.so.1.1", RTLD_NOW | RTLD_GLOBAL);
    if (!library) return "there is no libssl.so.3: apt install libssl3";
    void *crypto = library; /* it depends on libcrypto, so the symbols of both are found */
    int complete = find(library, "TLS_client_method", &ssl.method) && find(library, "SSL_CTX_new", &ssl.context) &&
                   find(library, "SSL_CTX_ctrl", &ssl.control) && find(library, "SSL_new", &ssl.open) &&
                   find(library, "SSL_set_fd", &ssl.set_fd) && find(library, "SSL_do_handshake", &ssl.shake) && find(library, "SSL_write", &ssl.write) &&
                   find(library, "SSL_read", &ssl.read) && find(library, "SSL_get_error", &ssl.error) &&
                   find(library, "SSL_set_connect_state", &ssl.set_client) && find(library, "SSL_free", &ssl.free) &&
                   find(library, "SSL_CTX_set_cert_verify_callback", &ssl.verify) &&
                   find(crypto, "ERR_clear_error", &ssl.forget);
    if (!complete) return "libssl lacks a function that is needed";
    context = ssl.context(ssl.method());
    ssl.verify(context, is_trusted, NULL);
    ssl.control(context, CTRL_MODE, MOVING_BUFFER, NULL); /* SSL_write may be repeated from elsewhere, and in part */
    ssl.control(context, CTRL_GROUPS, 0, "X25519");       /* the same key exchange with every broker */
    return NULL;
}

/* A pipe that takes no more. */
static int full_pipe(void) {
    static int ends[2];
    if (!ends[1] && pipe2(ends, O_NONBLOCK) == 0)
        while (write(ends[1], "", 1) == 1) continue;
    return ends[1];
}

void *tls_open(void) {
    void *tls = ssl.open(context);
    ssl.set_client(tls);
    ssl.set_fd(tls, full_pipe()); /* the message is made, cannot be sent, and waits for the next attempt */
    ssl.shake(tls);
    return tls;
}

void tls_use(void *tls, int fd) { ssl.set_fd(tls, fd); }

void tls_free(void *tls) { ssl.free(tls); }

/* The result of SSL_read or SSL_write as the system call would have it. */
static ssize_t result(void *tls, int size) {
    if (size > 0) return size;
    int error = ssl.error(tls, size);
    if (error == ZERO_RETURN) return 0;
    if (error == WANT_READ) errno = EINPROGRESS;
    else if (error == WANT_WRITE) errno = EAGAIN;
    else if (errno == 0) errno = EPROTO;
    return -1;
}

ssize_t tls_send(void *tls, const void *data, size_t size) {
    ssl.forget(); /* an old error would be taken for this call's */
    errno = 0;
    return result(tls, ssl.write(tls, data, (int)size));
}

ssize_t tls_recv(void *tls, void *data, size_t size) {
    ssl.forget();
    errno = 0;
    return result(tls, ssl.read(tls, data, (int)size));
}
