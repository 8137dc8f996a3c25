/**
 * MySQL's and MariaDB's client/server protocol as a plugin: sessions are copied by logging in on
 * the target anew and sending the captured commands there. This package joins its two halves:
 * {@code login}, and {@code command} for all that follows.
 */
package dev.understudy.mysql;
