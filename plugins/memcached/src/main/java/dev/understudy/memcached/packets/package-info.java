/**
 * The binary dialect of memcached as requests and answers: what a packet asks for, which packet
 * answers which, and what a silence between two of them says.
 */
package dev.understudy.memcached.packets;
