/**
 * The commands of a MySQL session after its login: {@link
 * dev.understudy.mysql.command.CommandPhase} reads the captured ones, sends them to the target as
 * the target wants them, and decodes the answers of both sides; {@link
 * dev.understudy.mysql.command.Replies} compares two answers. No I/O, no clock. Depends on {@code
 * wire} and {@code sql} only.
 */
package dev.understudy.mysql.command;
