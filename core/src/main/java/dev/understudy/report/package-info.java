/**
 * What a run came to, for a reader and for a script: {@link Report} joins the counts of the ledger
 * with what the run was, {@link Judgement} decides the outcome, {@link TextReport} and {@link
 * JsonReport} write it down. Depends on {@code ledger} only.
 */
package dev.understudy.report;
