package dev.understudy.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CpuUseTest {
    private static final String HOST =
            "cpu  100 20 30 800 40 5 6 7 90 0\ncpu0 1 2 3 4 5 6 7 8 9 0\nintr 5\n";

    private static String process(String name) {
        return "42 (" + name + ") S 1 42 42 0 -1 4194304 9 0 0 0 70 30 0 0 20 0 1 0 9 0 0\n";
    }

    @Test
    void theFilesAreReadAsTheManualHasThem() throws IOException {
        // Guests' time (90) is in users' already; idle and waiting for disks (840) are not busy.
        assertEquals(new CpuUse(100, 168, 1008), CpuUse.parse(process("java"), HOST));
        assertEquals(new CpuUse(100, 168, 1008), CpuUse.parse(process("a) R 1 (b"), HOST));
    }

    @Test
    void whatIsCutOrOfAnotherKindIsNotGuessedAt() {
        String process = process("java");
        assertThrows(IOException.class, () -> CpuUse.parse(process, ""));
        assertThrows(IOException.class, () -> CpuUse.parse(process, "cpu  1 2 3\n"));
        assertThrows(IOException.class, () -> CpuUse.parse(process, "intr  1 2 3 4 5 6 7 8\n"));
        assertThrows(IOException.class, () -> CpuUse.parse(process.substring(0, 40), HOST));
        assertThrows(IOException.class, () -> CpuUse.parse("", HOST));
    }

    @Test
    void sharesAreOfAllProcessors() {
        CpuUse spent = new CpuUse(20, 90, 300).since(new CpuUse(10, 40, 200));
        assertEquals(0.1, spent.ownShare());
        assertEquals(0.5, spent.busyShare());
        assertEquals(0, new CpuUse(0, 0, 0).ownShare());
    }

    @Test
    void ofThisHostItGrowsByWhatIsSpent() throws IOException {
        CpuUse before = CpuUse.now();
        long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        // The kernel counts a process exactly and its host tick by tick: they are not equal.
        for (CpuUse spent = before.since(before);
                spent.own() < 5 || spent.busy() < 5;
                spent = CpuUse.now().since(before)) {
            assertTrue(System.nanoTime() < end, "a minute of work took no time: " + spent);
        }
    }
}
