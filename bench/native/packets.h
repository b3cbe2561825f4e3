/* Packets: MQTT 3.1.1 bytes for the load, built when they are sent and taken apart no further than the load has to. */
#ifndef PACKETS_H
#define PACKETS_H

#include <stddef.h>
#include <stdint.h>

enum { CONNACK = 0x20, PUBLISH = 0x30, PUBACK = 0x40, SUBACK = 0x90, PINGRESP = 0xd0, TYPE = 0xf0 };
enum { RETAIN = 0x01, PAYLOAD_BYTES = 256, PACKET_BYTES = 512 };

struct packet {
    int first;           /* type and flags */
    const uint8_t *body; /* what follows the fixed header */
    size_t size;         /* of the body */
};

/* Each writes one packet, at most PACKET_BYTES, and returns its size. QoS is 1, sessions are clean. */
size_t packet_connect(uint8_t *to, const char *client_id, int keep_alive);
size_t packet_subscribe(uint8_t *to, const char *filter);
size_t packet_publish(uint8_t *to, const char *topic, int id, int flags);
size_t packet_puback(uint8_t *to, const struct packet *publish);
size_t packet_pingreq(uint8_t *to);

/* Reads the packet at `at`: where the next one starts, or NULL if this one is not whole. A size over two bytes, which
 * nobody sends here, is taken for a packet that never becomes whole. */
const uint8_t *packet_read(const uint8_t *at, const uint8_t *end, struct packet *found);

#endif
