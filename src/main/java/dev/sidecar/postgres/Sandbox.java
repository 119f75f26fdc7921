package dev.sidecar.postgres;

import dev.sidecar.sets.BackupFailure;
import dev.sidecar.sets.BackupFailure.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Keeps a program from everything but the system's own directories, read-only, and two directories of its proof: it has no network, sees
 * no process but its own, has no capability and cannot get one, and where this process is root it runs as a user that owns nothing.
 */
enum Sandbox {
    /** Bubblewrap, for any user whom the kernel lets make namespaces. */
    BUBBLEWRAP("bubblewrap") {
        @Override
        List<String> begin(Path folder, List<Path> shown) {
            List<String> command = new ArrayList<>(List.of(
                    "bwrap",
                    "--die-with-parent",
                    "--new-session",
                    "--unshare-ipc",
                    "--unshare-pid",
                    "--unshare-net",
                    "--unshare-uts",
                    "--unshare-cgroup-try",
                    "--cap-drop",
                    "ALL"));
            if (IS_ROOT) {
                Stream.of("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
                        .forEach(needed -> command.addAll(List.of("--cap-add", needed)));
            } else {
                command.addAll(List.of("--unshare-user", "--uid", USER, "--gid", USER));
            }
            command.addAll(List.of("--ro-bind", "/usr", "/usr", "--tmpfs", "/usr/local"));
            command.addAll(List.of("--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/dev/shm"));
            command.addAll(List.of("--perms", "1777", "--tmpfs", "/tmp"));
            // Those that it makes unasked only root may enter.
            Stream.of(SYSTEM.stream(), shown.stream(), Stream.of(WORK, SOCKETS))
                    .flatMap(paths -> paths)
                    .flatMap(Sandbox::parents)
                    .distinct()
                    .forEach(parent -> command.addAll(List.of("--dir", parent)));
            for (Path link : SYSTEM) {
                if (Files.isSymbolicLink(link)) {
                    command.addAll(List.of("--symlink", target(link), link.toString()));
                } else {
                    command.addAll(List.of("--ro-bind-try", link.toString(), link.toString()));
                }
            }
            shown.forEach(path -> command.addAll(List.of("--ro-bind", path.toString(), path.toString())));
            command.addAll(List.of("--ro-bind", folder.resolve("passwd").toString(), "/etc/passwd"));
            command.addAll(List.of("--bind", folder.resolve("work").toString(), WORK.toString()));
            command.addAll(List.of("--bind", folder.resolve("s").toString(), SOCKETS.toString()));
            command.addAll(List.of("--chdir", "/", "--"));
            return command;
        }
    },
    /** The same by hand, for root alone, where there is no bubblewrap. */
    NAMESPACES("namespaces of the kernel") {
        @Override
        List<String> begin(Path folder, List<Path> shown) {
            List<String> command = new ArrayList<>(List.of(
                    "setpriv",
                    "--pdeathsig=KILL",
                    "unshare",
                    "--mount",
                    "--ipc",
                    "--pid",
                    "--net",
                    "--uts",
                    "--fork",
                    "--kill-child=KILL",
                    "sh",
                    "-c",
                    BY_HAND,
                    "sandbox",
                    folder.toString()));
            SYSTEM.forEach(path -> command.add(path.toString()));
            shown.forEach(path -> command.add(path.toString()));
            command.add("--");
            return command;
        }
    };

    /** Where no program that is shown lies: people have folders such as /work. */
    static final Path WORK = Path.of("/run/scratch/work");

    static final Path SOCKETS = Path.of("/run/scratch/sockets");
    static final boolean IS_ROOT = "root".equals(System.getProperty("user.name"));

    /** A number that Debian gives to no account, systemd to no service, and that exists in every container. */
    static final String USER = "60607";

    private static final String PASSWD = "scratch:x:%s:%s::/run/scratch/work:/usr/sbin/nologin%n".formatted(USER, USER);
    private static final String PROCESSES = "400";

    /** Beside /usr, whose part /usr/local is left out: people put their own things there. */
    private static final List<Path> SYSTEM = Stream.of(
                    "/bin",
                    "/sbin",
                    "/lib",
                    "/lib32",
                    "/lib64",
                    "/libx32",
                    "/usr/local/lib",
                    "/etc/ld.so.cache",
                    "/etc/ld.so.conf",
                    "/etc/ld.so.conf.d",
                    "/etc/alternatives",
                    "/etc/localtime",
                    "/etc/timezone",
                    "/etc/locale.alias",
                    "/etc/postgresql-common",
                    "/var/cache/postgresql/dicts",
                    "/nix/store",
                    "/gnu/store")
            .map(Path::of)
            .toList();

    /** Runs the program under bubblewrap; the directory {@code root} is only a place to mount on. */
    private static final String BY_HAND = """
            set -e
            umask 022
            folder=$1 root=$1/root
            shift
            mount -t tmpfs -o mode=755,size=1m,nosuid,nodev sandbox "$root"
            show() {
              [ -e "$1" ] || return 0
              if [ -L "$1" ]; then mkdir -p "$root${1%/*}"; ln -s "$(readlink "$1")" "$root$1"; return 0; fi
              if [ -d "$1" ]; then mkdir -p "$root$2"; else mkdir -p "$root${2%/*}"; : >"$root$2"; fi
              mount --bind "$1" "$root$2"
              mount -o remount,bind,"$3",nosuid,nodev "$root$2"
            }
            show /usr /usr ro
            mount -t tmpfs -o mode=755,size=1m,nosuid,nodev local "$root/usr/local"
            while [ "$1" != -- ]; do show "$1" "$1" ro; shift; done
            shift
            show "$folder/passwd" /etc/passwd ro
            show "$folder/work" /run/scratch/work rw
            show "$folder/s" /run/scratch/sockets rw
            mkdir "$root/proc" "$root/dev" "$root/tmp" "$root/old"
            mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
            mount -t tmpfs -o mode=755,size=64k,nosuid dev "$root/dev"
            for device in null zero full random urandom; do
              : >"$root/dev/$device"
              mount --bind "/dev/$device" "$root/dev/$device"
            done
            ln -s /proc/self/fd "$root/dev/fd"
            mkdir "$root/dev/shm"
            mount -t tmpfs -o mode=1777,nosuid,nodev shm "$root/dev/shm"
            mount -t tmpfs -o mode=1777,nosuid,nodev tmp "$root/tmp"
            cd "$root"
            pivot_root . old
            cd /
            umount -l /old
            rmdir /old
            exec "$@"
            """;

    private final String tool;

    Sandbox(String tool) {
        this.tool = tool;
    }

    /** Finds one that works here: that a program is installed says nothing about what the kernel allows. */
    static Optional<Sandbox> find(List<Sandbox> tried, Path directory) throws InterruptedException {
        for (Sandbox sandbox : tried) {
            if ((IS_ROOT || sandbox != NAMESPACES) && sandbox.works(directory)) {
                return Optional.of(sandbox);
            }
        }
        return Optional.empty();
    }

    private boolean works(Path directory) throws InterruptedException {
        try (ScratchFolder folder = ScratchFolder.create(directory, 0)) {
            furnish(folder.path());
            Child.run(
                    command(folder.path(), List.of(), List.of("test", "!", "-e", "/home", "-a", "-w", WORK.toString())),
                    Reason.NOT_CONFIGURED);
            return true;
        } catch (BackupFailure | IOException e) {
            return false;
        }
    }

    /** Makes what it needs in a folder that only this process's user can enter. */
    void furnish(Path folder) throws IOException {
        Files.writeString(folder.resolve("passwd"), PASSWD);
        Files.createDirectory(folder.resolve("root"));
        for (String open : List.of("work", "s")) {
            Path directory = Files.createDirectory(folder.resolve(open));
            if (IS_ROOT) {
                Files.setAttribute(directory, "unix:uid", Integer.valueOf(USER));
                Files.setAttribute(directory, "unix:gid", Integer.valueOf(USER));
            }
        }
    }

    /** @param shown more directories that the program may read @return the command that runs the program in here */
    List<String> command(Path folder, List<Path> shown, List<String> program) {
        List<String> command = new ArrayList<>(begin(folder, shown));
        command.addAll(List.of("prlimit", "--nproc=" + PROCESSES, "--core=0", "--"));
        if (IS_ROOT) {
            command.addAll(List.of(
                    "setpriv",
                    "--reuid=" + USER,
                    "--regid=" + USER,
                    "--clear-groups",
                    "--no-new-privs",
                    "--inh-caps=-all",
                    "--bounding-set=-all",
                    "--"));
        }
        command.addAll(program);
        return command;
    }

    abstract List<String> begin(Path folder, List<Path> shown);

    String tool() {
        return tool;
    }

    private static Stream<String> parents(Path path) {
        List<String> parents = new ArrayList<>();
        for (Path parent = path.getParent(); parent != null && parent.getNameCount() > 0; parent = parent.getParent()) {
            parents.add(0, parent.toString());
        }
        return parents.stream();
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            throw new BackupFailure(Reason.NOT_CONFIGURED, "%s cannot be read: %s".formatted(link, e), e);
        }
    }
}
