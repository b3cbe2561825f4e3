#include "packets.h"

#include <string.h>

static uint8_t *put_short(uint8_t *to, size_t value) {
    *to++ = (uint8_t)(value >> 8);
    *to++ = (uint8_t)value;
    return to;
}

static uint8_t *put_text(uint8_t *to, const char *text) {
    size_t size = strlen(text);
    to = put_short(to, size);
    memcpy(to, text, size);
    return to + size;
}

static uint8_t *put_head(uint8_t *to, int first, size_t size) {
    *to++ = (uint8_t)first;
    if (size > 127) {
        *to++ = (uint8_t)(size & 127) | 128;
        size >>= 7;
    }
    *to++ = (uint8_t)size;
    return to;
}

size_t packet_connect(uint8_t *to, const char *client_id, int keep_alive) {
    uint8_t *at = put_head(to, 0x10, 12 + strlen(client_id));
    at = put_text(at, "MQTT");
    *at++ = 4;    /* the version */
    *at++ = 0x02; /* clean session */
    at = put_short(at, (size_t)keep_alive);
    return (size_t)(put_text(at, client_id) - to);
}

size_t packet_subscribe(uint8_t *to, const char *filter) {
    uint8_t *at = put_head(to, 0x82, 5 + strlen(filter));
    at = put_text(put_short(at, 1), filter);
    *at++ = 1; /* QoS */
    return (size_t)(at - to);
}

size_t packet_publish(uint8_t *to, const char *topic, int id, int flags) {
    uint8_t *at = put_head(to, PUBLISH | 0x02 | flags, 4 + strlen(topic) + PAYLOAD_BYTES);
    at = put_short(put_text(at, topic), (size_t)id);
    for (int i = 0; i < PAYLOAD_BYTES; i++) *at++ = (uint8_t)i;
    return (size_t)(at - to);
}

size_t packet_puback(uint8_t *to, const struct packet *publish) {
    size_t topic = (size_t)publish->body[0] << 8 | publish->body[1];
    memcpy(to, (uint8_t[]){PUBACK, 2, publish->body[2 + topic], publish->body[3 + topic]}, 4);
    return 4;
}

size_t packet_pingreq(uint8_t *to) {
    memcpy(to, (uint8_t[]){0xc0, 0}, 2);
    return 2;
}

const uint8_t *packet_read(const uint8_t *at, const uint8_t *end, struct packet *found) {
    if (end - at < 2) return NULL;
    found->first = at[0];
    found->size = at[1];
    found->body = at + 2;
    if (found->size > 127) {
        if (end - at < 3 || at[2] > 127) return NULL;
        found->size = (found->size & 127) | (size_t)at[2] << 7;
        found->body = at + 3;
    }
    if ((size_t)(end - found->body) < found->size) return NULL;
    return found->body + found->size;
}
