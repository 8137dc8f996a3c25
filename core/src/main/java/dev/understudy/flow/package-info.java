/**
 * From segments to streams: follows each TCP connection of the capture and gives the bytes of
 * either direction in order, each once, with what is missing as a gap (RFC 9293, section 3.4). No
 * I/O, no clock: {@link FlowTable} is shown a segment and its time, and answers with calls to a
 * {@link FlowReader}. Depends on {@code wire} only, and on the plugin API for the word {@code
 * Direction}.
 */
package dev.understudy.flow;
