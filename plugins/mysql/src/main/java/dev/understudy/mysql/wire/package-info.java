/**
 * The bytes below every message of MySQL's client/server protocol: packets and their headers,
 * length-encoded numbers and strings, capability bits, versions, and the OK and ERR packets that
 * both the login and the commands are answered with. Knows no session; depends on plugin-api only.
 */
package dev.understudy.mysql.wire;
