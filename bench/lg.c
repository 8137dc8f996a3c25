/*
 * lg: a small load generator. One thread, epoll, open or closed loop; prints one line of JSON.
 *
 *   lg -m mc|mc-close|mysql|mysql-ps|http|http-close -h IP -p PORT [-c CONNECTIONS] [-r RATE] [-d SECONDS]
 *      [-b SOURCE_IP,...] [-k N] [-s BYTES] [-g PERCENT] [-u USER] [-w PASSWORD] [-D DATABASE] [-q QUERY] [-v]
 *
 *   mc        memcached's text protocol over kept connections     mc-close  a connection for each request
 *   mysql     text queries (mysql_native_password)                mysql-ps  prepared statements
 *   http      GET /bench over kept connections                    http-close  a connection for each request
 *   -r 0      closed loop: as fast as the answers allow           -k  queries until a connection is made anew (0: never)
 *   -s        bytes of a stored value                             -g  share of gets; the rest are sets
 *
 * With a rate, latency counts from the time at which a request was due, so that a generator held up
 * does not hide what its clients would have felt.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { M_MC, M_MC_CLOSE, M_MYSQL, M_MYSQL_PS, M_HTTP, M_HTTP_CLOSE };
enum { S_OFF, S_CONNECTING, S_GREETING, S_LOGIN, S_PREPARING, S_IDLE, S_BUSY };
enum {
    KEYS = 10000,             /* as the servers were filled */
    BUCKETS = 1000000,        /* latency, a microsecond each; what is slower shares one more */
    EVENTS = 512,
    OPEN_FILES = 20000,
    LONGEST_SEND_TRIES = 2000 /* of half a millisecond */
};
static const uint64_t SECOND = 1000000000;

typedef struct {
    int fd, state, eofs, packets, requests, in_length;
    uint64_t due;
    uint32_t statement;
    char in[70000];
} conn_t;

static int mode, port, conns = 50, seconds = 5, reconnect_after, get_percent = 90, value_bytes = 100, verbose;
static double rate;
static const char *host = "127.0.0.1", *user = "bench", *password = "benchpw", *query, *database = "bench";
static struct in_addr sources[64];
static int source_count, next_source, ep;
static conn_t *all;
static uint64_t issued, done, errors, connected, connect_errors, bytes_in, slowest, *latency;

/* One request a connection. */
static int once(void) { return mode == M_MC_CLOSE || mode == M_HTTP_CLOSE; }
static int http(void) { return mode == M_HTTP || mode == M_HTTP_CLOSE; }
static int mysql(void) { return mode == M_MYSQL || mode == M_MYSQL_PS; }

/* Idle connections in the order in which they became so: load spreads evenly over them. */
static int *idle, idle_count, idle_head, idle_room;
static void idle_put(int i) { idle[(idle_head + idle_count++) % idle_room] = i; }
static int idle_take(void) {
    int i = idle[idle_head];
    idle_head = (idle_head + 1) % idle_room;
    idle_count--;
    return i;
}
static void idle_remove(int gone) {
    for (int n = idle_count; n--;) {
        int i = idle_take();
        if (i != gone) idle_put(i);
    }
}

static uint64_t seed = 88172645463325252ull;
static uint64_t random64(void) { seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17; return seed; }
static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

/* SHA-1 (FIPS 180-1), for mysql_native_password. */
static void sha1(const uint8_t *m, size_t length, uint8_t out[20]) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}, w[80];
    uint8_t b[256] = {0};
    size_t padded = ((length + 8) / 64 + 1) * 64;
    memcpy(b, m, length);
    b[length] = 0x80;
    for (int i = 0; i < 8; i++) b[padded - 1 - i] = (uint8_t)((length * 8) >> (8 * i));
    for (size_t i = 0; i < padded; i += 64) {
        for (int j = 0; j < 16; j++)
            w[j] = (uint32_t)b[i + j * 4] << 24 | b[i + j * 4 + 1] << 16 | b[i + j * 4 + 2] << 8 | b[i + j * 4 + 3];
        for (int j = 16; j < 80; j++) {
            uint32_t x = w[j - 3] ^ w[j - 8] ^ w[j - 14] ^ w[j - 16];
            w[j] = x << 1 | x >> 31;
        }
        uint32_t a = h[0], bb = h[1], c = h[2], d = h[3], e = h[4], f, k, t;
        for (int j = 0; j < 80; j++) {
            if (j < 20) { f = (bb & c) | (~bb & d); k = 0x5A827999; }
            else if (j < 40) { f = bb ^ c ^ d; k = 0x6ED9EBA1; }
            else if (j < 60) { f = (bb & c) | (bb & d) | (c & d); k = 0x8F1BBCDC; }
            else { f = bb ^ c ^ d; k = 0xCA62C1D6; }
            t = (a << 5 | a >> 27) + f + e + k + w[j];
            e = d; d = c; c = bb << 30 | bb >> 2; bb = a; a = t;
        }
        h[0] += a; h[1] += bb; h[2] += c; h[3] += d; h[4] += e;
    }
    for (int i = 0; i < 20; i++) out[i] = h[i / 4] >> (24 - 8 * (i % 4));
}

static void native_password(const uint8_t *scramble, uint8_t *out) {
    uint8_t once[20], twice[20], both[40], mask[20];
    sha1((const uint8_t *)password, strlen(password), once);
    sha1(once, 20, twice);
    memcpy(both, scramble, 20);
    memcpy(both + 20, twice, 20);
    sha1(both, 40, mask);
    for (int i = 0; i < 20; i++) out[i] = once[i] ^ mask[i];
}

static int index_of(conn_t *c) { return (int)(c - all); }
static void to_idle(conn_t *c) { c->state = S_IDLE; idle_put(index_of(c)); }
static void shut(conn_t *c) {
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
    c->state = S_OFF;
}

static int dial(conn_t *c) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0) { connect_errors++; return -1; }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (source_count) {
        struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = sources[next_source++ % source_count]};
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        bind(fd, (void *)&from, sizeof from);
    }
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, host, &to.sin_addr);
    if (connect(fd, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
        close(fd);
        connect_errors++;
        return -1;
    }
    struct epoll_event e = {.events = EPOLLOUT, .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
    c->fd = fd;
    c->state = S_CONNECTING;
    c->in_length = c->requests = c->eofs = c->packets = 0;
    return 0;
}

static void put(conn_t *c, const void *bytes, size_t n) {
    int tries = 0;
    for (size_t sent = 0; sent < n;) {
        ssize_t k = send(c->fd, (const char *)bytes + sent, n - sent, MSG_NOSIGNAL);
        if (k > 0) sent += k;
        else if (errno == EAGAIN && tries++ < LONGEST_SEND_TRIES) usleep(500);
        else { errors++; return; }
    }
}

static void finish(conn_t *c, int good) {
    uint64_t micros = (now() - c->due) / 1000;
    if (good) done++; else errors++;
    if (micros > slowest) slowest = micros;
    latency[micros < BUCKETS ? micros : BUCKETS]++;
    c->requests++;
}

static void mysql_header(char *b, int length, int sequence, int command) {
    b[0] = length; b[1] = length >> 8; b[2] = length >> 16; b[3] = sequence; b[4] = command;
}

static void request(conn_t *c) {
    static char b[1 << 20];
    int n;
    c->state = S_BUSY;
    c->eofs = c->packets = c->in_length = 0;
    if (mode == M_MYSQL) {
        n = query ? snprintf(b + 5, sizeof b - 6, "%s", query)
                  : snprintf(b + 5, sizeof b - 6, "SELECT c FROM sbtest1 WHERE id=%u", (unsigned)(random64() % KEYS + 1));
        mysql_header(b, n + 1, 0, 3);
        n += 5;
    } else if (mode == M_MYSQL_PS) {
        uint32_t id = random64() % KEYS + 1;
        n = 22;
        memset(b, 0, n);
        mysql_header(b, n - 4, 0, 0x17);
        memcpy(b + 5, &c->statement, 4);
        b[10] = 1;                       /* executions */
        b[15] = 1;                       /* types follow */
        b[16] = 3;                       /* LONG */
        memcpy(b + 18, &id, 4);
    } else if (http()) {
        n = snprintf(b, sizeof b, "GET /bench?n=%u HTTP/1.1\r\nHost: bench\r\nUser-Agent: lg\r\n%s\r\n", (unsigned)(random64() % KEYS),
                     once() ? "Connection: close\r\n" : "");
    } else {
        unsigned key = random64() % KEYS;
        const char *prefix = value_bytes == 100 ? "key" : "big"; /* other sizes keep to their own keys */
        if ((int)(random64() % 100) < get_percent) {
            n = snprintf(b, sizeof b, "get %s:%06u\r\n", prefix, key);
        } else {
            n = snprintf(b, sizeof b, "set %s:%06u 0 0 %d\r\n", prefix, key, value_bytes);
            memset(b + n, 'v', value_bytes);
            n += value_bytes;
            b[n++] = '\r';
            b[n++] = '\n';
        }
    }
    put(c, b, n);
}

static void login(conn_t *c, const uint8_t *greeting, uint8_t sequence) {
    uint8_t scramble[20], o[512] = {0}, *w = o + 4;
    const uint8_t *q = greeting + 1;
    q += strlen((const char *)q) + 1 + 4;
    memcpy(scramble, q, 8);
    memcpy(scramble + 8, q + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10, 12);
    /* LONG_PASSWORD LONG_FLAG CONNECT_WITH_DB PROTOCOL_41 TRANSACTIONS SECURE_CONNECTION PLUGIN_AUTH */
    uint32_t capabilities = 0x1 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x80000, longest = 1 << 24;
    memcpy(w, &capabilities, 4); w += 4;
    memcpy(w, &longest, 4); w += 4;
    *w++ = 33;                           /* utf8 */
    w += 23;
    strcpy((char *)w, user); w += strlen(user) + 1;
    *w++ = 20;
    native_password(scramble, w); w += 20;
    strcpy((char *)w, database); w += strlen(database) + 1;
    strcpy((char *)w, "mysql_native_password"); w += 22;
    int length = w - o - 4;
    o[0] = length; o[1] = length >> 8; o[3] = sequence + 1;
    put(c, o, w - o);
    c->state = S_LOGIN;
}

/* Shown one packet of a server: 1 an exchange has ended, 0 more is due, -1 no login, -2 an error. */
static int mysql_packet(conn_t *c, uint8_t *p, uint32_t length, uint8_t sequence) {
    if (p[0] == 0xff && verbose) fprintf(stderr, "error: %.*s\n", (int)length - 9, p + 9);
    if (c->state == S_GREETING) {
        if (p[0] == 0xff) return -1;
        login(c, p, sequence);
        return 0;
    }
    if (c->state == S_LOGIN) {
        if (p[0] == 0xfe && length > 1) { /* asked to go on with another method: the native one it is */
            uint8_t o[24] = {20, 0, 0, (uint8_t)(sequence + 1)};
            native_password(p + 2 + strlen((char *)p + 1), o + 4);
            put(c, o, 24);
            return 0;
        }
        if (p[0] != 0) return -1;
        connected++;
        if (mode == M_MYSQL) return 1;
        char b[300];
        int n = snprintf(b + 5, 290, "%s", query ? query : "SELECT c FROM sbtest1 WHERE id=?");
        mysql_header(b, n + 1, 0, 0x16);
        put(c, b, n + 5);
        c->state = S_PREPARING;
        c->packets = c->eofs = 0;
        return 0;
    }
    int first = c->packets++ == 0, eof = p[0] == 0xfe && length < 9;
    if (c->state == S_PREPARING) {
        if (first && p[0]) return -1;
        if (first) memcpy(&c->statement, p + 1, 4);
        return !first && eof && ++c->eofs == 2;
    }
    if (p[0] == 0xff) return -2;
    if (first) return p[0] == 0;         /* OK, or the count of columns */
    return eof && ++c->eofs == 2;
}

static void quit(conn_t *c) {
    static const uint8_t packet[5] = {1, 0, 0, 0, 1};
    put(c, packet, sizeof packet);
}

/* Whether the connection is still to be read from. */
static int mysql_bytes(conn_t *c) {
    int at = 0, outcome = 0;
    while (!outcome && c->in_length - at >= 4) {
        uint8_t *p = (uint8_t *)c->in + at;
        uint32_t length = p[0] | p[1] << 8 | p[2] << 16;
        if ((uint32_t)(c->in_length - at - 4) < length) break;
        outcome = mysql_packet(c, p + 4, length, p[3]);
        at += 4 + length;
    }
    memmove(c->in, c->in + at, c->in_length - at);
    c->in_length -= at;
    if (!outcome) return 1;
    if (outcome == -1) {
        connect_errors++;
        shut(c);
        dial(c);
        return 0;
    }
    if (c->state == S_BUSY) {
        finish(c, outcome == 1);
        if (reconnect_after && c->requests >= reconnect_after) {
            quit(c);
            shut(c);
            dial(c);
            return 0;
        }
    }
    to_idle(c);
    return 0;
}

static int ends_with(conn_t *c, const char *end) {
    int n = (int)strlen(end);
    return c->in_length >= n && !memcmp(c->in + c->in_length - n, end, n);
}
static int memcached_bytes(conn_t *c) {
    if (ends_with(c, "END\r\n") || ends_with(c, "STORED\r\n")) {
        finish(c, 1);
        if (once()) { shut(c); idle_put(index_of(c)); }
        else to_idle(c);
        return 0;
    }
    if (c->in_length > (int)sizeof c->in / 2) { /* only the end matters */
        memmove(c->in, c->in + c->in_length - 16, 16);
        c->in_length = 16;
    }
    return 1;
}

/* An answer with a Content-Length. */
static int http_bytes(conn_t *c) {
    char *head = memmem(c->in, c->in_length, "\r\n\r\n", 4), *length;
    if (!head) return 1;
    *head = 0;                           /* for strstr; put back below */
    length = strstr(c->in, "Content-Length: ");
    int whole = (int)(head - c->in) + 4 + (length ? atoi(length + 16) : 0), good = !strncmp(c->in, "HTTP/1.1 200", 12);
    *head = '\r';
    if (c->in_length < whole) return 1;
    finish(c, good);
    if (once()) { shut(c); idle_put(index_of(c)); }
    else to_idle(c);
    return 0;
}

static void closed_by_server(conn_t *c) {
    int was = c->state;
    if (was == S_BUSY) finish(c, 0);
    else if (was != S_IDLE) connect_errors++;
    shut(c);
    if (once()) { idle_put(index_of(c)); return; }
    if (was == S_IDLE) idle_remove(index_of(c));
    dial(c);
}

static void readable(conn_t *c) {
    for (;;) {
        ssize_t k = recv(c->fd, c->in + c->in_length, sizeof c->in - c->in_length, 0);
        if (k < 0 && errno == EAGAIN) return;
        if (k <= 0) { closed_by_server(c); return; }
        bytes_in += k;
        c->in_length += k;
        if (!(mysql() ? mysql_bytes(c) : http() ? http_bytes(c) : memcached_bytes(c))) return;
    }
}

static void connection_made(conn_t *c) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) {
        connect_errors++;
        shut(c);
        if (once()) { errors++; idle_put(index_of(c)); }
        else dial(c);
        return;
    }
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
    if (mysql()) { c->state = S_GREETING; return; }
    connected++;
    if (once()) request(c);
    else to_idle(c);
}

static void run(void) {
    struct epoll_event events[EVENTS];
    uint64_t begun = 0, end = 0, latest_begin = now() + 3 * SECOND;
    for (;;) {
        uint64_t t = now();
        if (!begun && (idle_count == conns || t > latest_begin)) { begun = t; end = t + seconds * SECOND; }
        if (begun && t >= end && (idle_count >= conns || t > end + SECOND)) break;
        if (begun && t < end) {
            uint64_t due = rate > 0 ? (uint64_t)((t - begun) / 1e9 * rate) : UINT64_MAX;
            while (idle_count && issued < due) {
                conn_t *c = &all[idle_take()];
                c->due = rate > 0 ? begun + (uint64_t)((issued + 1) / rate * 1e9) : t;
                issued++;
                if (!once()) request(c);
                else if (dial(c) < 0) { errors++; idle_put(index_of(c)); break; }
            }
        }
        int n = epoll_wait(ep, events, EVENTS, rate > 0 ? 1 : 10);
        for (int i = 0; i < n; i++) {
            conn_t *c = events[i].data.ptr;
            if (c->state == S_CONNECTING) connection_made(c);
            else if (c->state != S_OFF) readable(c);
        }
    }
    double elapsed = (now() - begun) / 1e9;
    if (elapsed > seconds) elapsed = seconds;
    uint64_t total = 0, sum = 0, at[4] = {0};
    static const double share[4] = {0.5, 0.9, 0.99, 0.999};
    for (int i = 0; i <= BUCKETS; i++) total += latency[i];
    for (int i = 0; i <= BUCKETS; i++) {
        sum += latency[i];
        for (int j = 0; j < 4; j++) if (!at[j] && total && sum >= share[j] * total) at[j] = i;
    }
    printf("{\"issued\":%lu,\"done\":%lu,\"errors\":%lu,\"connected\":%lu,\"connect_errors\":%lu,\"rps\":%.0f,"
           "\"p50_us\":%lu,\"p90_us\":%lu,\"p99_us\":%lu,\"p999_us\":%lu,\"max_us\":%lu,\"mb_in\":%.1f}\n",
           issued, done, errors, connected, connect_errors, done / elapsed,
           at[0], at[1], at[2], at[3], slowest, bytes_in / 1e6);
}

static int mode_called(const char *name) {
    static const char *names[] = {"mc", "mc-close", "mysql", "mysql-ps", "http", "http-close"};
    for (int i = 0; i < 6; i++) if (!strcmp(names[i], name)) return i;
    fprintf(stderr, "lg: no mode is called '%s': choose mc, mc-close, mysql, mysql-ps, http or http-close\n", name);
    exit(2);
}

int main(int count, char **arguments) {
    int o;
    while ((o = getopt(count, arguments, "m:h:p:c:r:d:b:u:w:q:k:s:g:D:v")) > 0) switch (o) {
    case 'm': mode = mode_called(optarg); break;
    case 'h': host = optarg; break;
    case 'p': port = atoi(optarg); break;
    case 'c': conns = atoi(optarg); break;
    case 'r': rate = atof(optarg); break;
    case 'd': seconds = atoi(optarg); break;
    case 'u': user = optarg; break;
    case 'w': password = optarg; break;
    case 'q': query = optarg; break;
    case 'k': reconnect_after = atoi(optarg); break;
    case 's': value_bytes = atoi(optarg); break;
    case 'g': get_percent = atoi(optarg); break;
    case 'D': database = optarg; break;
    case 'v': verbose = 1; break;
    case 'b':
        for (char *t = strtok(optarg, ","); t && source_count < 64; t = strtok(0, ",")) inet_pton(AF_INET, t, &sources[source_count++]);
        break;
    default: return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files = {OPEN_FILES, OPEN_FILES};
    setrlimit(RLIMIT_NOFILE, &files);
    ep = epoll_create1(0);
    latency = calloc(BUCKETS + 1, sizeof *latency);
    all = calloc(conns, sizeof *all);
    idle_room = conns * 2 + 8;
    idle = calloc(idle_room, sizeof *idle);
    for (int i = 0; i < conns; i++) {
        all[i].fd = -1;
        if (once()) idle_put(i);
        else dial(&all[i]);
    }
    run();
    for (int i = 0; i < conns; i++) {
        if (all[i].fd < 0) continue;
        if (mysql()) quit(&all[i]);
        close(all[i].fd);
    }
    return 0;
}
