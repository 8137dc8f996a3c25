package dev.understudy.cli;

import dev.understudy.cli.config.Quantities;
import dev.understudy.delivery.AddressRange;
import dev.understudy.delivery.ClientAddress;
import dev.understudy.protocol.Protocol;
import dev.understudy.session.Pacing;
import dev.understudy.session.Sample;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command {@code understudy} with its subcommands. */
@Command(
        name = "understudy",
        mixinStandardHelpOptions = true,
        description = "Rehearses a new backend with live traffic.",
        footer = {
            "",
            "Exit codes: 0 ok, 1 differences, 2 not begun, 3 capture loss, 4 target lost,",
            "5 internal error, 6 incomplete."
        })
final class Understudy implements Runnable {
    private static final String COMMANDS =
            "copy, replay, record, tap, intercept, explain, ctl, plugins or doctor";

    @Spec private CommandSpec spec;

    private Understudy() {}

    /** Runs one command line and gives its exit code. */
    static int run(Parts parts, Console console, String... arguments) {
        Copying copying = new Copying(parts, console);
        CommandLine commandLine =
                new CommandLine(new Understudy())
                        .addSubcommand(new CopyCommand(copying))
                        .addSubcommand(new InterceptCommand(parts, console))
                        .addSubcommand(new RecordCommand(parts, console))
                        .addSubcommand(new TapCommand(parts, console))
                        .addSubcommand(new ReplayCommand(copying, console))
                        .addSubcommand(new ExplainCommand(console))
                        .addSubcommand(new CtlCommand(parts, console))
                        .addSubcommand(new PluginsCommand(parts, console))
                        .addSubcommand(new DoctorCommand(parts, console))
                        .registerConverter(Endpoint.class, converter(Endpoint::parse))
                        .registerConverter(Intercept.class, converter(Intercept::parse))
                        .registerConverter(Copy.class, converter(Copy::parse))
                        .registerConverter(Duration.class, converter(Understudy::positive))
                        .registerConverter(ClientAddress.class, converter(ClientAddresses::parse))
                        .registerConverter(Sample.class, converter(Samples::parse))
                        .registerConverter(
                                AddressRange.class, converter(AddressRange::parseNetwork))
                        .registerConverter(From.class, converter(From::parse))
                        .registerConverter(
                                TapCommand.Compression.class,
                                converter(TapCommand.Compression::parse))
                        .registerConverter(Pacing.class, converter(ReplayCommand::parseSpeed))
                        .registerConverter(Order.class, converter(Order::parse))
                        .setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8))
                        .setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8))
                        .setParameterExceptionHandler((e, _) -> misused(console, e))
                        .setExecutionExceptionHandler(
                                (e, command, _) -> failed(console, e, command));
        String version =
                "understudy %s (plugin-api %s, Java %s)"
                        .formatted(
                                Version.current(),
                                Protocol.API_VERSION,
                                Runtime.version().feature());
        commandLine.getCommandSpec().version(version);
        for (CommandLine command : commandLine.getSubcommands().values()) {
            command.getCommandSpec()
                    .addOption(helpOption())
                    .addOption(versionOption())
                    .version(version);
        }
        return commandLine.execute(arguments);
    }

    /** Without a subcommand. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command: name " + COMMANDS);
    }

    private static OptionSpec helpOption() {
        return OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("shows this help")
                .build();
    }

    private static OptionSpec versionOption() {
        return OptionSpec.builder("-V", "--version")
                .versionHelp(true)
                .description("shows the version")
                .build();
    }

    private static <T> ITypeConverter<T> converter(Function<String, T> parse) {
        return text -> {
            try {
                return parse.apply(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        };
    }

    private static Duration positive(String text) {
        Duration duration = Quantities.duration(text);
        if (duration.isZero()) {
            throw new IllegalArgumentException("'%s' is no time at all".formatted(text));
        }
        return duration;
    }

    private static int misused(Console console, ParameterException e) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        console.err().println("understudy: " + message(e));
        console.err().println("see '%s --help'".formatted(command));
        return ExitCode.USAGE;
    }

    private static String message(ParameterException e) {
        if (!(e instanceof UnmatchedArgumentException unmatched)) {
            return e.getMessage();
        }
        String first = unmatched.getUnmatched().getFirst();
        String likely =
                unmatched.getSuggestions().isEmpty()
                        ? ""
                        : "; did you mean %s?"
                                .formatted(String.join(" or ", unmatched.getSuggestions()));
        CommandLine command = e.getCommandLine();
        if (unmatched.isUnknownOption()) {
            return "'%s' is no option of %s%s"
                    .formatted(first, command.getCommandSpec().qualifiedName(), likely);
        }
        return command.getSubcommands().isEmpty()
                ? "'%s' belongs to no option of %s: give each value behind its option, one with blanks in quotes"
                        .formatted(first, command.getCommandSpec().qualifiedName())
                : "'%s' is no command: name %s".formatted(first, COMMANDS);
    }

    private static int failed(Console console, Exception e, CommandLine command) {
        if (e instanceof RefusedException) {
            console.err()
                    .println(
                            "%s: %s"
                                    .formatted(
                                            command.getCommandSpec().qualifiedName(),
                                            e.getMessage()));
            return ExitCode.USAGE;
        }
        console.err().println("internal error, please report this:");
        e.printStackTrace(console.err());
        return ExitCode.INTERNAL;
    }
}
