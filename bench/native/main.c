/* The load on a broker: boards that connect, subscribe, and acknowledge what is pushed to them.
 *
 * usage: load PORT plain|tls CLIENTS PATIENCE. Takes orders from stdin, a line each, and answers each with a line of
 * JSON: how many were wanted and done, the seconds that took by the wall and of this program's own processor time, and
 * what failed. No order takes longer than PATIENCE seconds.
 *
 *   connect COUNT IN_FLIGHT KEEP_ALIVE TREE   boards connect and subscribe to TREE/<name>/desired, until the SUBACK
 *   return COUNT IN_FLIGHT KEEP_ALIVE TREE    the same, until each has its retained message
 *   retain COUNT TREE                         leaves a retained message for each; nobody else may be connected
 *   collect                                   connects those that take the boards' acknowledgements
 *   push TIMES                                to all boards at once, until each has acknowledged; after `collect`
 *   ping SECONDS PERIOD                       each board pings once in a PERIOD, evenly
 *   close                                     cuts all connections
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients.h"
#include "tls.h"

/* Each broker queues so many messages for one client before it drops any. */
enum { BOARDS_PER_COLLECTOR = 1000, MOST_TIMES = 100000, NAME_BYTES = 64 };

static double patience;
static int boards; /* the first clients; collectors follow them */

/* The order under way. */
static struct {
    char tree[NAME_BYTES];
    int last_packet, in_flight, keep_alive;
    int wanted, done, opened, acknowledged;
    double until, wall, own, walls[MOST_TIMES];
    int times;
} order;

static void topic_of(char *to, const char *tree, int board) {
    snprintf(to, NAME_BYTES, "%.40s/b%05d/desired", tree, board);
}

/* --- orders begin and end ----------------------------------------------------------------------------------------- */

static void begin(int wanted) {
    order.wanted = wanted;
    order.done = order.opened = order.acknowledged = order.times = 0;
    order.wall = order.own = 0;
    order.until = now() + patience;
}

/* Serves the clients until `*count` is what is wanted, or the order has taken too long. */
static void serve_until(handler handle, const int *count, int wanted) {
    while (*count < wanted && !failure()) {
        if (now() > order.until) fail("not in %g s", patience);
        else clients_turn(handle, order.until);
    }
}

/* The same, and notes how long it took. */
static void serve(handler handle, const int *count, int wanted, double started, double own) {
    serve_until(handle, count, wanted);
    double wall = now() - started;
    order.wall += wall;
    order.own += own_time() - own;
    if (order.times < MOST_TIMES) order.walls[order.times++] = wall;
}

static int compare(const void *one, const void *other) {
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static double quantile(double share) {
    if (order.times == 0) return 0;
    int last = order.times - 1, at = (int)(share * order.times);
    return order.walls[at < last ? at : last];
}

static void answer(void) {
    qsort(order.walls, (size_t)order.times, sizeof *order.walls, compare);
    printf("{\"wanted\": %d, \"done\": %d, \"wall_s\": %.9f, \"own_s\": %.9f, \"p50_s\": %.9f, \"p99_s\": %.9f, ",
           order.wanted, order.done, order.wall, order.own, quantile(0.5), quantile(0.99));
    if (failure()) printf("\"failure\": \"%s\"}\n", failure());
    else printf("\"failure\": null}\n");
    fflush(stdout);
    forget_failure();
}

/* --- connecting ----------------------------------------------------------------------------------------------------*/

static void open_next(void) {
    while (order.opened < order.wanted && order.opened - order.done < order.in_flight && !failure()) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "b%05d", order.opened++);
        clients_open(name, order.keep_alive);
    }
}

/* The packets that every connection begins with; returns 0 for any other. */
static int is_beginning(struct client *client, const struct packet *packet, const char *filter) {
    uint8_t bytes[PACKET_BYTES];
    if (packet->first == CONNACK) {
        if (packet->body[1]) fail("client %d was refused with code %d", client->index, packet->body[1]);
        else client_send(client, bytes, packet_subscribe(bytes, filter));
    } else if (packet->first == SUBACK) {
        if (packet->body[2] > 1) fail("client %d may not subscribe", client->index);
    } else {
        return 0;
    }
    return 1;
}

static void on_connecting(struct client *client, const struct packet *packet) {
    char topic[NAME_BYTES];
    uint8_t bytes[PACKET_BYTES];
    topic_of(topic, order.tree, client->index);
    if (!is_beginning(client, packet, topic) && (packet->first & TYPE) == PUBLISH)
        client_send(client, bytes, packet_puback(bytes, packet));
    if ((packet->first & TYPE) == order.last_packet) {
        order.done++;
        open_next();
    }
}

static void connect_boards(int last_packet, int count, int in_flight, int keep_alive, const char *tree) {
    begin(count);
    boards = count;
    order.last_packet = last_packet;
    order.in_flight = in_flight;
    order.keep_alive = keep_alive;
    snprintf(order.tree, sizeof order.tree, "%s", tree);
    clients_prepare(count);
    double own = own_time(), started = now();
    open_next();
    serve(on_connecting, &order.done, count, started, own);
}

static void on_collecting(struct client *client, const struct packet *packet) {
    char filter[NAME_BYTES];
    snprintf(filter, sizeof filter, "a/%d/+", client->index - boards);
    if (is_beginning(client, packet, filter) && packet->first == SUBACK) order.done++;
}

static void collect(void) {
    begin((boards + BOARDS_PER_COLLECTOR - 1) / BOARDS_PER_COLLECTOR);
    double own = own_time(), started = now();
    for (int i = 0; i < order.wanted; i++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "collector%d", i);
        clients_open(name, 60);
    }
    serve(on_collecting, &order.done, order.wanted, started, own);
}

/* --- publishing ----------------------------------------------------------------------------------------------------*/

/* A PUBLISH for each board; to be freed. */
static uint8_t *publishes(int count, const char *tree, int flags, size_t *size) {
    uint8_t *bytes = malloc((size_t)count * PACKET_BYTES), *at = bytes;
    for (int i = 0; i < count; i++) {
        char topic[NAME_BYTES];
        topic_of(topic, tree, i);
        at += packet_publish(at, topic, i % 65535 + 1, flags);
    }
    *size = (size_t)(at - bytes);
    return bytes;
}

static void on_pushing(struct client *client, const struct packet *packet) {
    uint8_t bytes[2 * PACKET_BYTES];
    if ((packet->first & TYPE) == PUBACK) {
        order.acknowledged++;
        return;
    }
    if ((packet->first & TYPE) != PUBLISH) return;
    size_t size = packet_puback(bytes, packet);
    if (client->index < boards) {
        char topic[NAME_BYTES];
        snprintf(topic, sizeof topic, "a/%d/b%05d", client->index % (clients_count() - boards), client->index);
        size += packet_publish(bytes + size, topic, 1, 0);
    } else {
        order.done++;
    }
    client_send(client, bytes, size);
}

static void push(int times) {
    size_t size;
    uint8_t *bytes = publishes(boards, "d", 0, &size);
    begin(boards * times);
    for (int i = 1; i <= times && !failure(); i++) {
        double own = own_time(), started = now();
        client_send(clients_at(boards), bytes, size);
        serve(on_pushing, &order.done, i * boards, started, own);
        /* Each push is acknowledged to the publisher, each acknowledgement to its board: not timed. */
        serve_until(on_pushing, &order.acknowledged, 2 * i * boards);
    }
    free(bytes);
}

static void on_retaining(struct client *client, const struct packet *packet) {
    if (packet->first == CONNACK) {
        size_t size;
        uint8_t *bytes = publishes(order.wanted, order.tree, RETAIN, &size);
        client_send(client, bytes, size);
        free(bytes);
    } else if ((packet->first & TYPE) == PUBACK) {
        order.done++;
    }
}

static void retain(int count, const char *tree) {
    begin(count);
    snprintf(order.tree, sizeof order.tree, "%s", tree);
    double own = own_time(), started = now();
    clients_open("publisher", 60);
    serve(on_retaining, &order.done, count, started, own);
    clients_close();
}

/* --- idling --------------------------------------------------------------------------------------------------------*/

static void on_pinging(struct client *client, const struct packet *packet) {
    (void)client;
    if (packet->first == PINGRESP) order.done++;
}

static void ping(double length, double period) {
    uint8_t bytes[2];
    size_t size = packet_pingreq(bytes);
    double own = own_time(), started = now(), gap = period / boards;
    begin(0);
    order.until += length;
    while (now() < started + length && !failure()) {
        while (order.wanted * gap < now() - started)
            client_send(clients_at(order.wanted++ % boards), bytes, size);
        clients_turn(on_pinging, started + order.wanted * gap);
    }
    serve(on_pinging, &order.done, order.wanted, started, own);
}

/* --- the program ---------------------------------------------------------------------------------------------------*/

static int obey(const char *line) {
    char word[16], tree[NAME_BYTES];
    int count, in_flight, keep_alive;
    double length, period;
    if (sscanf(line, "%15s %d %d %d %40s", word, &count, &in_flight, &keep_alive, tree) == 5 &&
        (!strcmp(word, "connect") || !strcmp(word, "return")))
        connect_boards(strcmp(word, "return") ? SUBACK : PUBLISH, count, in_flight, keep_alive, tree);
    else if (sscanf(line, "retain %d %40s", &count, tree) == 2) retain(count, tree);
    else if (sscanf(line, "push %d", &count) == 1) push(count);
    else if (sscanf(line, "ping %lf %lf", &length, &period) == 2) ping(length, period);
    else if (!strcmp(line, "collect\n")) collect();
    else if (!strcmp(line, "close\n")) begin(0), clients_close();
    else return 0;
    return 1;
}

int main(int count, char **words) {
    if (count != 5) {
        fprintf(stderr, "usage: load PORT plain|tls CLIENTS PATIENCE\n");
        return 2;
    }
    int with_tls = !strcmp(words[2], "tls");
    const char *missing = with_tls ? tls_load() : NULL;
    if (missing) {
        fprintf(stderr, "%s\n", missing);
        return 1;
    }
    patience = atof(words[4]);
    clients_begin(atoi(words[1]), with_tls, atoi(words[3]));
    char line[200];
    while (fgets(line, sizeof line, stdin)) {
        if (!obey(line)) {
            fprintf(stderr, "what is meant by: %s", line);
            return 2;
        }
        answer();
    }
    return 0;
}
