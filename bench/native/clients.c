#include "clients.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The C library's headers hide from tcc that an event is packed there, as the kernel has it. */
#if defined __TINYC__ && defined __x86_64__
#pragma pack(push, 1)
#include <sys/epoll.h>
#pragma pack(pop)
#else
#include <sys/epoll.h>
#endif

#include "tls.h"

enum { EVENTS = 256, READ_BYTES = 1 << 18 };

static struct sockaddr_in broker;
static int epoll, with_tls, limit;
static int made, count; /* sockets, and how many of them are clients already */
static struct client *clients;
static uint8_t buffer[PACKET_BYTES + READ_BYTES];

static char what_failed[200];
static int has_failed;

void fail(const char *format, ...) {
    if (has_failed) return;
    va_list values;
    va_start(values, format);
    vsnprintf(what_failed, sizeof what_failed, format, values);
    va_end(values);
    has_failed = 1;
}

const char *failure(void) { return has_failed ? what_failed : NULL; }

void forget_failure(void) { has_failed = 0; }

static double seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

double now(void) { return seconds(CLOCK_MONOTONIC); }

double own_time(void) { return seconds(CLOCK_PROCESS_CPUTIME_ID); }

void clients_begin(int port, int tls, int most) {
    broker.sin_family = AF_INET;
    broker.sin_port = htons((uint16_t)port);
    broker.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    with_tls = tls;
    limit = most;
    clients = calloc((size_t)most, sizeof *clients);
    epoll = epoll_create1(0);
    if (!clients || epoll < 0) {
        perror("begin");
        exit(1);
    }
}

struct client *clients_at(int index) { return &clients[index]; }

int clients_count(void) { return count; }

static void watch(struct client *client, int how, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = client};
    epoll_ctl(epoll, how, client->fd, &event);
}

void clients_prepare(int more) {
    static const int on = 1;
    static const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    for (; made < count + more; made++) {
        int fd = made < limit ? socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0) : -1;
        if (fd < 0) {
            fail("no socket for client %d: %s", made, made < limit ? strerror(errno) : "more than were announced");
            return;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        clients[made] = (struct client){.fd = fd, .index = made, .tls = with_tls ? tls_open() : NULL};
    }
}

void clients_open(const char *client_id, int keep_alive) {
    if (made == count) clients_prepare(1);
    if (made == count) return;
    struct client *client = &clients[count];
    if (connect(client->fd, (struct sockaddr *)&broker, sizeof broker) && errno != EINPROGRESS) {
        fail("client %d: %s", count, strerror(errno));
        return;
    }
    count++;
    if (client->tls) tls_use(client->tls, client->fd);
    watch(client, EPOLL_CTL_ADD, EPOLLIN);
    uint8_t hello[PACKET_BYTES];
    /* Over loopback the connection mostly stands already; where not, this waits with the rest. */
    client_send(client, hello, packet_connect(hello, client_id, keep_alive));
}

static ssize_t put(struct client *client, const uint8_t *data, size_t size) {
    return client->tls ? tls_send(client->tls, data, size) : send(client->fd, data, size, MSG_NOSIGNAL);
}

static ssize_t get(struct client *client, uint8_t *data, size_t size) {
    return client->tls ? tls_recv(client->tls, data, size) : recv(client->fd, data, size, 0);
}

static int must_wait(void) { return errno == EAGAIN || errno == EINPROGRESS || errno == ENOTCONN; }

/* After a send that has to wait: for room in the socket, or only for the broker's part of a handshake. */
static void wait_to_send(struct client *client) {
    watch(client, EPOLL_CTL_MOD, errno == EINPROGRESS ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

static void lost(struct client *client, ssize_t result) {
    fail("client %d: %s", client->index, result == 0 ? "disconnected" : strerror(errno));
    watch(client, EPOLL_CTL_DEL, 0);
}

void client_send(struct client *client, const uint8_t *data, size_t size) {
    errno = EAGAIN; /* so it is after a send in part */
    ssize_t sent = client->unsent ? 0 : put(client, data, size);
    if (sent < 0 && !must_wait()) {
        lost(client, sent);
        return;
    }
    size_t left = size - (sent > 0 ? (size_t)sent : 0);
    if (left == 0) return;
    if (!client->unsent) wait_to_send(client);
    client->unsent = realloc(client->unsent, client->unsent_size + left);
    memcpy(client->unsent + client->unsent_size, data + size - left, left);
    client->unsent_size += left;
}

/* Sends what was left. */
static void send_on(struct client *client) {
    uint8_t *data = client->unsent;
    size_t size = client->unsent_size, done = 0;
    while (done < size) {
        ssize_t sent = put(client, data + done, size - done);
        if (sent <= 0) {
            if (must_wait()) wait_to_send(client);
            else lost(client, sent);
            break;
        }
        done += (size_t)sent;
    }
    memmove(data, data + done, size - done);
    client->unsent_size = size - done;
    if (done == size) {
        free(data);
        client->unsent = NULL;
        watch(client, EPOLL_CTL_MOD, EPOLLIN);
    }
}

/* Reads once; 0 when there was nothing. */
static int read_once(struct client *client, handler handle) {
    memcpy(buffer, client->tail, client->tail_size);
    ssize_t size = get(client, buffer + client->tail_size, READ_BYTES);
    if (size <= 0) {
        if (size == 0 || !must_wait()) lost(client, size);
        return 0;
    }
    const uint8_t *at = buffer, *end = buffer + client->tail_size + size, *next;
    struct packet packet;
    while ((next = packet_read(at, end, &packet))) {
        handle(client, &packet);
        at = next;
    }
    client->tail_size = (size_t)(end - at);
    if (client->tail_size > PACKET_BYTES) {
        fail("client %d was sent a packet of more than %d bytes", client->index, PACKET_BYTES);
        client->tail_size = 0;
    }
    memcpy(client->tail, at, client->tail_size);
    return 1;
}

void clients_turn(handler handle, double until) {
    struct epoll_event events[EVENTS];
    double left = until - now();
    int found = epoll_wait(epoll, events, EVENTS, left > 0 ? (int)(left * 1000) + 1 : 0);
    for (int i = 0; i < found; i++) {
        struct client *client = events[i].data.ptr;
        if (client->unsent) send_on(client); /* TLS may have waited for something to read */
        if (!(events[i].events & ~(uint32_t)EPOLLOUT)) continue;
        /* OpenSSL may hold more than the socket shows. */
        while (read_once(client, handle) && client->tls) continue;
    }
}

void clients_close(void) {
    for (count = 0; made > 0; made--) {
        struct client *client = &clients[made - 1];
        if (client->tls) tls_free(client->tls);
        close(client->fd);
        free(client->unsent);
    }
}
