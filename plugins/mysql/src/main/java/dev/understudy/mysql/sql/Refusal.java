package dev.understudy.mysql.sql;

/**
 * Why a text is not sent.
 *
 * @param reason for the reader: which construct; shows no value of the text
 */
public record Refusal(Rule rule, String reason) {}
