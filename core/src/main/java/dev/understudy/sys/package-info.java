/**
 * Calls to the Linux kernel that Java has no door for, through the foreign function interface, and
 * nothing else: a packet socket's ring and its filter. An errno becomes a {@link
 * SystemCallException} that names the call and the next step. Depends on nothing of ours.
 */
package dev.understudy.sys;
