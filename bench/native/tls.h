/* TLS: the client's end, with the OpenSSL library that the machine has anyway. It is opened at run time and its
 * functions are declared here, so that no header files are needed to compile this. Certificates are not verified: that
 * is the client's work, and it is the broker that is measured. */
#ifndef TLS_H
#define TLS_H

#include <stddef.h>
#include <sys/types.h>

/* Opens the library; NULL, or what is missing. */
const char *tls_load(void);

/* The client's end of a connection, its first message ready to be sent; and the socket for it, which is then used. It is
 * freed when the socket is closed. */
void *tls_open(void);
void tls_use(void *tls, int fd);
void tls_free(void *tls);

/* As send and recv of a non-blocking socket, and both do what is left of the handshake. errno is EAGAIN when the socket
 * takes no more now, EINPROGRESS when the broker has to say something first. */
ssize_t tls_send(void *tls, const void *data, size_t size);
ssize_t tls_recv(void *tls, void *data, size_t size);

#endif
