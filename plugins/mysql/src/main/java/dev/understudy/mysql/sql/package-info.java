/**
 * SQL text as far as a copier must read it: which statements are kept from the target ({@link
 * dev.understudy.mysql.sql.StatementRules}), and which texts are the same but for their values. No
 * grammar: a lexer, and the keywords that open statements. What it cannot read with certainty it
 * says so about. Depends on nothing else of the plugin.
 */
package dev.understudy.mysql.sql;
