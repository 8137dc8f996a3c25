package com.example.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.understudy.protocol.testing.ContractKit;
import dev.understudy.protocol.testing.Story;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** All that Understudy asks of a plugin, on stories of this protocol. */
class RedisContractTest {
    @Test
    void keepsTheContract() throws IOException {
        List<Story> stories = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of("src/test/resources/stories"))) {
            for (Path file : files.sorted().toList()) {
                stories.add(Story.parse(file.getFileName().toString(), Files.readString(file)));
            }
        }
        assertEquals(3, stories.size());
        assertEquals(List.of(), ContractKit.check(RedisProtocol::new, stories));
    }
}
