/**
 * What sessions of many protocols are made of: answers paired in order, values of the one server
 * put in the place of the other's. Pure state, as all of a {@link
 * dev.understudy.protocol.ProtocolSession} is.
 */
package dev.understudy.protocol.session;
