/**
 * The command line: options to records, the configuration, progress, signals, exit codes. Results
 * go to standard output, everything else to standard error. What a command does is done by {@link
 * RunEngine}, {@link Recorder} and {@link CaptureProbe}, which {@code Wiring} puts together.
 */
package dev.understudy.cli;
