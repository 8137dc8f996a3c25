/** HTTP/1.0 and 1.1 as a protocol of Understudy. */
package dev.understudy.http;
