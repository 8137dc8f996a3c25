/**
 * The configuration file: YAML to records. Limits and their units are read here; the sections of
 * protocols are handed over as they are, with the secrets they refer to resolved.
 */
package dev.understudy.cli.config;
