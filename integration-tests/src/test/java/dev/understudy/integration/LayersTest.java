package dev.understudy.integration;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.base.Splitter;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may see whom, as docs/ARCHITECTURE.md draws it. */
class LayersTest {
    private static final String ROOT = "dev.understudy.";

    private final JavaClasses project =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages("dev.understudy");

    @Test
    void thePackagesThatTheRulesSpeakOfAreThere() {
        Set<String> packages =
                project.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
        for (String name :
                new String[] {
                    "protocol",
                    "wire",
                    "sys",
                    "capture",
                    "flow",
                    "delivery",
                    "ledger",
                    "plugins",
                    "intercept",
                    "link",
                    "tap",
                    "session",
                    "opaque",
                    "tls",
                    "report",
                    "cli",
                    "mysql",
                    "http",
                    "memcached",
                    "testkit"
                }) {
            assertTrue(packages.contains(ROOT + name), name + " is missing: " + packages);
        }
    }

    @ParameterizedTest(name = "{0} sees only {1}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    # package | packages of ours that it may see
                    protocol  | protocol
                    wire      | wire
                    sys       | sys
                    capture   | capture sys wire
                    flow      | flow wire protocol
                    delivery  | delivery sys
                    link      | link
                    intercept | intercept link delivery
                    tap       | tap link capture delivery sys wire
                    ledger    | ledger protocol
                    plugins   | plugins protocol
                    opaque    | opaque protocol
                    tls       | tls protocol
                    session   | session tls flow wire capture delivery ledger protocol
                    report    | report ledger protocol
                    mysql     | mysql protocol
                    http      | http protocol
                    memcached | memcached protocol
                    cli       | cli session tls opaque plugins report ledger capture intercept tap link delivery flow wire sys protocol
                    testkit   | testkit cli session tls opaque plugins report ledger capture delivery flow wire protocol
                    """)
    void layers(String name, String allowed) {
        String[] others =
                project.stream()
                        .map(JavaClass::getPackageName)
                        .filter(found -> found.startsWith(ROOT))
                        .map(LayersTest::top)
                        .distinct()
                        .filter(
                                found ->
                                        !Set.copyOf(Splitter.on(' ').splitToList(allowed))
                                                .contains(found))
                        .map(found -> ROOT + found + "..")
                        .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(ROOT + name + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(others)
                .check(project);
    }

    /** {@code login} of {@code dev.understudy.login.wire}. */
    private static String top(String packageName) {
        String below = packageName.substring(ROOT.length());
        int dot = below.indexOf('.');
        return dot < 0 ? below : below.substring(0, dot);
    }

    @Test
    void onlySysCallsTheKernel() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + "sys..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.Linker")
                .check(project);
    }

    @Test
    void onlyTheCatalogKnowsPf4j() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        ROOT + "plugins..",
                        ROOT + "protocol..",
                        ROOT + "mysql..",
                        ROOT + "http..",
                        ROOT + "memcached..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.pf4j..")
                .check(project);
    }

    /** So that rehearsals of one test process do not see each other. */
    @Test
    void theTestkitKeepsNoStaticState() {
        fields().that()
                .areDeclaredInClassesThat()
                .resideInAPackage(ROOT + "testkit..")
                .and()
                .areStatic()
                .should()
                .beFinal()
                .check(project);
    }

    @Test
    void noPackagesGoInCircles() {
        slices().matching("dev.understudy.(*)..").should().beFreeOfCycles().check(project);
    }

    @Test
    void noClassIsNamedForWhatIsLeftOver() {
        noClasses()
                .should()
                .haveSimpleNameEndingWith("Impl")
                .orShould()
                .haveSimpleNameEndingWith("Manager")
                .orShould()
                .haveSimpleNameEndingWith("Helper")
                .orShould()
                .haveSimpleNameEndingWith("Utils")
                .check(project);
        noClasses()
                .should()
                .resideInAnyPackage("..util..", "..common..", "..misc..")
                .check(project);
    }
}
