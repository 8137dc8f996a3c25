/**
 * What a protocol is: the contract between Understudy's core and its plugins. A plugin is a {@link
 * dev.understudy.protocol.Protocol}; the copy of one connection is a {@link
 * dev.understudy.protocol.ProtocolSession}, a state machine that is told events and answers with
 * actions. No type here does I/O, and none knows of core.
 */
package dev.understudy.protocol;
