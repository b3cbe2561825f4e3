/* Clients: many sockets on one epoll in one thread. Knows when to send and where packets begin; what they mean is the
 * handler's. */
#ifndef CLIENTS_H
#define CLIENTS_H

#include "packets.h"

struct client {
    int fd;
    int index;
    void *tls;        /* or NULL */
    uint8_t *unsent;  /* what the socket did not take, or NULL */
    size_t unsent_size;
    size_t tail_size; /* the beginning of a packet */
    uint8_t tail[PACKET_BYTES];
};

/* Every packet that comes is handed to one of these. */
typedef void (*handler)(struct client *client, const struct packet *packet);

/* Before anything else: where the broker listens, whether TLS is spoken, and how many clients there may be. */
void clients_begin(int port, int tls, int most);

/* Makes sockets for the next clients, which costs the broker nothing; without, each is made when it is opened. */
void clients_prepare(int more);

/* A new client, numbered from 0 on, that says CONNECT under this id. Does not wait for the connection. */
void clients_open(const char *client_id, int keep_alive);
struct client *clients_at(int index);
int clients_count(void);

void client_send(struct client *client, const uint8_t *data, size_t size);

/* Waits for events, at most until `until`, and hands on what came. */
void clients_turn(handler handle, double until);

/* Cuts them all, by reset: a closed connection would keep its port for a minute. */
void clients_close(void);

/* Seconds of a clock that only goes forward; seconds of processor time of this process. */
double now(void);
double own_time(void);

/* What went wrong first since the last `forget_failure`, or NULL. */
const char *failure(void);
void forget_failure(void);
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
