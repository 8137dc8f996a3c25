/**
 * The compressed protocol, taken off the captured bytes before packets are read from them. The
 * target is never asked for compression. Depends on {@code wire} and plugin-api.
 */
package dev.understudy.mysql.compression;
