#include "tls.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>

/* From openssl/ssl.h; unchanged since 1.1.1. */
enum { WANT_READ = 2, WANT_WRITE = 3, ZERO_RETURN = 6, CTRL_MODE = 33, CTRL_GROUPS = 92, MOVING_BUFFER = 3 };

static struct {
    void *(*method)(void), *(*context)(const void *), *(*open)(void *);
    long (*control)(void *, int, long, void *);
    int (*set_fd)(void *, int), (*write)(void *, const void *, int), (*read)(void *, void *, int);
    int (*error)(const void *, int);
    void (*set_client)(void *), (*free)(void *), (*forget)(void);
} ssl;

static void *context;

static int find(void *library, const char *name, void *pointer) {
    void *found = dlsym(library, name);
    *(void **)pointer = found;
    return found != NULL;
}

const char *tls_load(void) {
    void *library = dlopen("libssl.so.3", RTLD_NOW | RTLD_GLOBAL);
    if (!library) library = dlopen("libssl.so.1.1", RTLD_NOW | RTLD_GLOBAL);
    if (!library) return "there is no libssl.so.3: apt install libssl3";
    void *crypto = library; /* it depends on libcrypto, so the symbols of both are found */
    int complete = find(library, "TLS_client_method", &ssl.method) && find(library, "SSL_CTX_new", &ssl.context) &&
                   find(library, "SSL_CTX_ctrl", &ssl.control) && find(library, "SSL_new", &ssl.open) &&
                   find(library, "SSL_set_fd", &ssl.set_fd) && find(library, "SSL_write", &ssl.write) &&
                   find(library, "SSL_read", &ssl.read) && find(library, "SSL_get_error", &ssl.error) &&
                   find(library, "SSL_set_connect_state", &ssl.set_client) && find(library, "SSL_free", &ssl.free) &&
                   find(crypto, "ERR_clear_error", &ssl.forget);
    if (!complete) return "libssl lacks a function that is needed";
    context = ssl.context(ssl.method());
    ssl.control(context, CTRL_MODE, MOVING_BUFFER, NULL); /* SSL_write may be repeated from elsewhere, and in part */
    ssl.control(context, CTRL_GROUPS, 0, "X25519");       /* the same key exchange with every broker */
    return NULL;
}

void *tls_open(int fd) {
    void *tls = ssl.open(context);
    ssl.set_fd(tls, fd);
    ssl.set_client(tls);
    return tls;
}

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
