package dev.sidecar;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.sidecar.text.Limited;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.context.annotation.Configuration;
import org.springframework.modulith.ApplicationModule;
import org.springframework.modulith.core.ApplicationModules;
import org.springframework.stereotype.Component;
import org.springframework.stereotype.Controller;
import org.springframework.stereotype.Repository;
import org.springframework.stereotype.Service;

/** The tree is the architecture; this is where it is held to that. */
class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.sidecar");

    private static final long MOST_TYPES = 33;

    private static final DescribedPredicate<JavaClass> SHOWS_A_BACKUP = describe(
            "records, enums, interfaces and exceptions",
            type -> type.isRecord() || type.isEnum() || type.isInterface() || type.isAssignableTo(Throwable.class));

    @Test
    void onlyDeclaredArrowsBetweenPackagesAndNoCycles() {
        ApplicationModules.of(SidecarApplication.class).verify();
    }

    /** Modulith lets a package that declares nothing depend on everything. */
    @Test
    void everyPackageDeclaresItsArrows() {
        assertThat(CLASSES.stream()
                        .map(JavaClass::getPackageName)
                        .distinct()
                        .filter(name -> !name.equals("dev.sidecar")))
                .isNotEmpty()
                .allSatisfy(name -> {
                    Class<?> info = Class.forName(
                            name + ".package-info", false, getClass().getClassLoader());
                    ApplicationModule module = info.getAnnotation(ApplicationModule.class);
                    assertThat(module).as("@ApplicationModule of " + name).isNotNull();
                    assertThat(Arrays.asList(module.allowedDependencies()))
                            .as("allowedDependencies of " + name)
                            .doesNotContain(ApplicationModule.OPEN_TOKEN);
                    assertThat(info.isAnnotationPresent(org.jspecify.annotations.NullMarked.class))
                            .as("@NullMarked on " + name)
                            .isTrue();
                });
    }

    /** Types of the root package belong to no module, so that any may use them. */
    @Test
    void theRootPackageHoldsOnlyTheMainClass() {
        classes()
                .that()
                .resideInAPackage("dev.sidecar")
                .should()
                .haveFullyQualifiedName(SidecarApplication.class.getName())
                .check(CLASSES);
    }

    @Test
    void timeIsAnArgument() {
        for (Class<?> type : new Class<?>[] {
            Instant.class, LocalDate.class, LocalDateTime.class, ZonedDateTime.class, OffsetDateTime.class
        }) {
            noClasses().should().callMethod(type, "now").check(CLASSES);
        }
        noClasses()
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callConstructor(java.util.Date.class)
                .check(CLASSES);
        noClasses()
                .that()
                .doNotHaveSimpleName("SettingsConfiguration")
                .should()
                .callMethod(Clock.class, "systemUTC")
                .orShould()
                .callMethod(Clock.class, "systemDefaultZone")
                .check(CLASSES);
    }

    @Test
    void wiringIsNobodyElsesBusiness() {
        classes()
                .that()
                .areAnnotatedWith(Configuration.class)
                .or()
                .areMetaAnnotatedWith(Controller.class)
                .should()
                .notBePublic()
                .check(CLASSES);
    }

    @Test
    void beansAreListedInTheConfigurationOfTheirFeature() {
        noClasses()
                .should()
                .beAnnotatedWith(Component.class)
                .orShould()
                .beAnnotatedWith(Service.class)
                .orShould()
                .beAnnotatedWith(Repository.class)
                .check(CLASSES);
    }

    @Test
    void recordsDoNotKnowSpring() {
        noClasses()
                .that()
                .areRecords()
                .and()
                .areNotAnnotatedWith(ConfigurationProperties.class)
                .should()
                .dependOnClassesThat(resideInAPackage("org.springframework..")
                        .and(not(resideInAPackage("org.springframework.boot.context.properties..")))
                        .and(not(resideInAPackage("org.springframework.scheduling.support..")))
                        .and(not(resideInAPackage("org.springframework.util.unit.."))))
                .check(CLASSES);
    }

    @Test
    void namesSayWhatAThingIs() {
        noClasses()
                .that(alwaysTrue())
                .should()
                .haveNameMatching(".*(Impl|Utils?|Helper|Manager|Dto)")
                .check(CLASSES);
    }

    @Test
    void onlyTheRoomOfPostgresStartsProcesses() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.sidecar.postgres..")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ProcessBuilder.class)
                .orShould()
                .callMethodWhere(target(owner(type(Runtime.class))).and(target(name("exec"))))
                .check(CLASSES);
    }

    /** Whoever reads a name must not have to look at the imports to know which of two types it is. */
    @Test
    void noTwoTypesOfTheProductBearOneName() {
        Map<String, List<String>> packages = CLASSES.stream()
                .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(
                        JavaClass::getSimpleName,
                        TreeMap::new,
                        Collectors.mapping(JavaClass::getPackageName, Collectors.toList())));

        assertThat(packages)
                .isNotEmpty()
                .allSatisfy((name, rooms) ->
                        assertThat(rooms).as("packages with a type " + name).hasSize(1));
    }

    /**
     * Who reads a room meets each name once: what is nested in a class is not called like a class of this room, or of another that the room
     * uses.
     */
    @Test
    void whatIsNestedIsNotCalledLikeAClassBesideIt() {
        Map<String, Set<JavaClass>> met = new TreeMap<>();
        for (JavaClass type : CLASSES) {
            Set<JavaClass> room = met.computeIfAbsent(type.getPackageName(), any -> new HashSet<>());
            room.add(type);
            type.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                    .filter(target -> target.getPackageName().startsWith("dev.sidecar"))
                    .forEach(room::add);
        }

        List<String> doubles = new ArrayList<>();
        met.forEach((room, types) -> {
            Set<String> classes = types.stream()
                    .filter(JavaClass::isTopLevelClass)
                    .map(JavaClass::getSimpleName)
                    .collect(Collectors.toSet());
            types.stream()
                    .filter(type -> type.isMemberClass() && !type.getModifiers().contains(JavaModifier.PRIVATE))
                    .filter(type -> classes.contains(type.getSimpleName()))
                    .forEach(type -> doubles.add(type.getName() + " in " + room));
        });

        assertThat(met).isNotEmpty();
        assertThat(doubles).isEmpty();
    }

    /** A room that holds more is two rooms. */
    @Test
    void noRoomHoldsMoreTypesThanAPersonReadsInOneSitting() {
        Map<String, Long> sizes = CLASSES.stream()
                .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(JavaClass::getPackageName, TreeMap::new, Collectors.counting()));

        assertThat(sizes)
                .isNotEmpty()
                .allSatisfy((room, types) ->
                        assertThat(types).as("types in " + room).isLessThanOrEqualTo(MOST_TYPES));
    }

    /** The web pages and the proofs look at backups; reading and writing their files is the business of those who make them. */
    @Test
    void pagesAndProofsSeeOnlyWhatABackupIs() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.sidecar.console..", "dev.sidecar.proofs..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.sidecar.sets..").and(not(SHOWS_A_BACKUP)))
                .check(CLASSES);
    }

    @Test
    void onlyBackupsAndTheProofOfPasswordsUsePostgresql() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "dev.sidecar.postgres..",
                        "dev.sidecar.archives..",
                        "dev.sidecar.checks..",
                        "dev.sidecar.definitions..",
                        "dev.sidecar.backup..",
                        "dev.sidecar.dumps..",
                        "dev.sidecar.pitr..",
                        "dev.sidecar.duty..",
                        // It asks whether the databases let it in.
                        "dev.sidecar.probes..",
                        "dev.sidecar.proofs.security..")
                .and()
                // It begins the role of a prover.
                .doNotHaveFullyQualifiedName(SidecarApplication.class.getName())
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.sidecar.postgres..")
                .check(CLASSES);
    }

    /** Every session with PostgreSQL is opened in one place, where it is made deaf to what the database says. */
    @Test
    void onlyTheAddressOfAServerOpensSessions() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("dev.sidecar.postgres.ServerAddress")
                .should()
                .callMethodWhere(target(owner(type(java.sql.DriverManager.class))))
                .orShould()
                .dependOnClassesThat(type(javax.sql.DataSource.class))
                .orShould()
                .dependOnClassesThat(assignableTo(java.sql.Driver.class))
                .check(CLASSES);
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("dev.sidecar.postgres.ServerAddress")
                .and()
                .doNotHaveFullyQualifiedName("dev.sidecar.postgres.Session")
                .should()
                .dependOnClassesThat(assignableTo(java.sql.Connection.class))
                .because("what runs SQL is given a Session")
                .check(CLASSES);
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.sidecar.postgres")
                .should()
                .dependOnClassesThat(resideInAPackage("org.postgresql.."))
                .check(CLASSES);
    }

    @Test
    void nothingIsInjectedIntoFields() {
        noFields().should().beAnnotatedWith(Autowired.class).check(CLASSES);
        fields().that()
                .areDeclaredInClassesThat()
                .areAnnotatedWith(ConfigurationProperties.class)
                .should()
                .beFinal()
                .check(CLASSES);
    }

    /** Whoever writes to us, a child, a peer, a store or a client, would decide how much memory we need. */
    @Test
    void nothingReadsToAnEndThatOthersDecide() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName(Limited.class.getName())
                // A file of our own jar, and a line that a person types.
                .and()
                .haveSimpleNameNotContaining("RunbookController")
                .and()
                .haveSimpleNameNotContaining("RestoreCommand")
                .and()
                .haveSimpleNameNotContaining("AdoptCommand")
                .should()
                .callMethodWhere(describe(
                        "reading without a limit",
                        call -> READS_TO_THE_END.contains(
                                call.getTarget().getOwner().getSimpleName() + "."
                                        + call.getTarget().getName())))
                .check(CLASSES);
    }

    private static final Set<String> READS_TO_THE_END = Set.of(
            "InputStream.readAllBytes",
            "BodyHandlers.ofString",
            "BodyHandlers.ofByteArray",
            "BodyHandlers.ofLines",
            "BodyHandlers.ofInputStream",
            "BodySubscribers.ofString",
            "BodySubscribers.ofByteArray",
            "BufferedReader.readLine",
            "BufferedReader.lines",
            "Reader.transferTo",
            "StreamUtils.copyToByteArray",
            "StreamUtils.copyToString",
            "FileCopyUtils.copyToByteArray",
            "FileCopyUtils.copyToString",
            "IoUtils.toByteArray",
            "IoUtils.toUtf8String",
            "ResponseTransformer.toBytes",
            "S3Client.getObjectAsBytes");
}
