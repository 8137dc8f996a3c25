/**
 * memcached's text dialect, classic and meta commands: lines, and values framed by their length.
 */
package dev.understudy.memcached.text;
