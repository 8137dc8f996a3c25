package dev.understudy.plugins;

import dev.understudy.protocol.Protocol;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Plugins as their authors would build them: compiled against plugin-api and put into a jar. */
final class PluginJars {
    static final String FITTING = ">=1.0.0 & <2.0.0";

    private static final String CLASS_NAME = "example.ExampleProtocol";

    private static final String SOURCE =
            """
            package example;
            import dev.understudy.protocol.*;
            import io.netty.buffer.ByteBuf;
            import java.util.*;

            @org.pf4j.Extension
            public final class ExampleProtocol implements Protocol {
                $BODY
                public String name() { return "$NAME"; }
                public Set<Integer> usualPorts() { return Set.of($PORT); }
                public Detection detect(Direction direction, ByteBuf bytes) {
                    if (bytes.readableBytes() < 2) return Detection.NEED_MORE;
                    return bytes.readByte() == 'E' ? Detection.MATCH : Detection.NO_MATCH;
                }
                public Preparation prepare(RunContext run) { return Preparation.nothing(); }
                public ProtocolSession open(SessionContext session) { return event -> List.of(); }
                public Verdict compare(Exchange exchange, Optional<Reply> control) {
                    return new Verdict.Same();
                }
            }
            """;

    private final Path work;

    /**
     * @param work an empty directory to compile in
     */
    PluginJars(Path work) {
        this.work = work;
    }

    /** The files of a jar by name, to be changed before {@link #jar} writes them. */
    Map<String, byte[]> files(String protocol, int port) throws IOException {
        return files(protocol, port, "");
    }

    /** The same with more Java in the class's body. */
    Map<String, byte[]> files(String protocol, int port, String body) throws IOException {
        Path classes = Files.createTempDirectory(work, "classes");
        String source =
                SOURCE.replace("$NAME", protocol)
                        .replace("$PORT", Integer.toString(port))
                        .replace("$BODY", body);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        boolean compiled =
                compiler.getTask(
                                null,
                                null,
                                null,
                                List.of(
                                        "-proc:full",
                                        "-processor",
                                        "org.pf4j.processor.ExtensionAnnotationProcessor",
                                        "-classpath",
                                        System.getProperty("java.class.path"),
                                        "-d",
                                        classes.toString()),
                                null,
                                List.of(new Source(source)))
                        .call();
        if (!compiled) {
            throw new IllegalStateException("the example does not compile");
        }
        Map<String, byte[]> files = new LinkedHashMap<>();
        try (Stream<Path> tree = Files.walk(classes)) {
            for (Path file : tree.filter(Files::isRegularFile).toList()) {
                files.put(classes.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return files;
    }

    /** The bytes of plugin-api's own class, for a jar that bundles it. */
    static byte[] protocolClass() throws IOException {
        try (InputStream in = Protocol.class.getResourceAsStream("Protocol.class")) {
            return in.readAllBytes();
        }
    }

    /** Writes a jar with these attributes in its manifest; a blank value leaves one away. */
    static Path jar(Path to, String id, String requires, Map<String, byte[]> files)
            throws IOException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        put(attributes, "Plugin-Id", id);
        put(attributes, "Plugin-Requires", requires);
        if (!id.isBlank()) {
            put(attributes, "Plugin-Version", "1.2.0");
        }
        try (OutputStream out = Files.newOutputStream(to);
                JarOutputStream jar = new JarOutputStream(out, manifest)) {
            write(jar, files);
        }
        return to;
    }

    /** Writes a zip of these files. */
    static Path zip(Path to, Map<String, byte[]> files) throws IOException {
        try (OutputStream out = Files.newOutputStream(to);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            write(zip, files);
        }
        return to;
    }

    private static void write(ZipOutputStream zip, Map<String, byte[]> files) throws IOException {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            zip.putNextEntry(new ZipEntry(file.getKey()));
            zip.write(file.getValue());
            zip.closeEntry();
        }
    }

    private static void put(Attributes attributes, String name, String value) {
        if (!value.isBlank()) {
            attributes.putValue(name, value);
        }
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        private Source(String text) {
            super(
                    URI.create("string:///" + CLASS_NAME.replace('.', '/') + ".java"),
                    JavaFileObject.Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
