package dev.sidecar.panels;

import static dev.sidecar.panels.Panel.bars;
import static dev.sidecar.panels.Panel.lines;
import static dev.sidecar.panels.Panel.stat;
import static dev.sidecar.panels.Panel.timeSeries;

/** What is the machine short of, and when will it be? */
final class HostDashboard {

    private static final String REAL = "fstype!~\"tmpfs|ramfs|overlay|squashfs|fuse.*|nsfs\"";

    /** Nothing before there is an hour to judge by: a few minutes of writing would fill any disk. */
    private static final String TOMORROW = "predict_linear(node_filesystem_avail_bytes{HERE," + REAL
            + "}[6h], 86400) and node_filesystem_avail_bytes{HERE," + REAL + "} offset 1h";

    private HostDashboard() {}

    static Dashboard dashboard() {
        Dashboard page = new Dashboard("host", "05 Host", "What is the machine short of, and when will it be?");
        now(page);
        processors(page);
        disks(page);
        network(page);
        page.row("Lines");
        page.panel(lines(
                        "The host's journal",
                        "Lines of the kernel and of the system's services.",
                        "{HERE,service=\"system\"}")
                .size(24, 7));
        return page;
    }

    private static void now(Dashboard page) {
        page.row("Now");
        page.panel(stat("CPU", "Share of all cores in use.")
                .unit("percentunit")
                .worseAbove(0.7, 0.9)
                .query("", "1 - avg(rate(node_cpu_seconds_total{HERE,mode=\"idle\"}[$__rate_interval]))"));
        page.panel(stat("Memory", "Share of memory that is not available to new programs.")
                .unit("percentunit")
                .worseAbove(0.8, 0.9)
                .query("", "max(1 - node_memory_MemAvailable_bytes{HERE} / node_memory_MemTotal_bytes{HERE})"));
        page.panel(stat("Fullest disk", "Share in use of the file system with the least room.")
                .unit("percentunit")
                .worseAbove(0.8, 0.9)
                .query(
                        "",
                        "max(1 - node_filesystem_avail_bytes{HERE," + REAL + "} / node_filesystem_size_bytes{HERE,"
                                + REAL + "})"));
        page.panel(stat(
                        "Least room in 24 hours",
                        "Free bytes that are left tomorrow if the last six hours go on like this. Below zero: full.")
                .unit("bytes")
                .worseBelow(0, 5_000_000_000D)
                .nothing("after an hour")
                .query("", "min(" + TOMORROW + ")"));
        page.panel(stat("Killed for memory", "Processes killed by the kernel in the chosen time.")
                .decimals(0)
                .worseAbove(1, 2)
                .query("", "sum(increase(node_vmstat_oom_kill{HERE}[$__range]))"));
        page.panel(stat("Up for", "Time since the machine was started.")
                .unit("s")
                .query("", "min(time() - node_boot_time_seconds{HERE})"));
    }

    private static void processors(Dashboard page) {
        page.row("Processors and memory");
        page.panel(
                timeSeries("CPU by kind of work", "Share of all cores.")
                        .unit("percentunit")
                        .stacked()
                        .range(0, 1)
                        .query(
                                "{{mode}}",
                                "sum by (mode) (rate(node_cpu_seconds_total{HERE,mode!=\"idle\"}[$__rate_interval])) / scalar(count(count by (instance, cpu) (node_cpu_seconds_total{HERE})))"));
        page.panel(timeSeries("Load", "Programs that run or want to, against the number of cores.")
                .fromZero()
                .query("1 minute", "max(node_load1{HERE})")
                .query("15 minutes", "max(node_load15{HERE})")
                .query("cores", "count(count by (instance, cpu) (node_cpu_seconds_total{HERE}))"));
        page.panel(timeSeries(
                        "Waiting for what is short",
                        "Share of the time in which some program waited for CPU, memory or disk (pressure).")
                .unit("percentunit")
                .fromZero()
                .nothing("The kernel has no pressure figures")
                .query("CPU", "max(rate(node_pressure_cpu_waiting_seconds_total{HERE}[$__rate_interval]))")
                .query("memory", "max(rate(node_pressure_memory_waiting_seconds_total{HERE}[$__rate_interval]))")
                .query("disk", "max(rate(node_pressure_io_waiting_seconds_total{HERE}[$__rate_interval]))"));
        page.panel(timeSeries("Memory by use", "What it is used for.")
                .unit("bytes")
                .stacked()
                .query(
                        "programs",
                        "sum(node_memory_MemTotal_bytes{HERE} - node_memory_MemFree_bytes{HERE} - node_memory_Cached_bytes{HERE} - node_memory_Buffers_bytes{HERE})")
                .query("cache", "sum(node_memory_Cached_bytes{HERE} + node_memory_Buffers_bytes{HERE})")
                .query("free", "sum(node_memory_MemFree_bytes{HERE})"));
        page.panel(
                timeSeries("Swap", "Pages a second moved out and in: more than a trickle means that memory is short.")
                        .fromZero()
                        .query("out", "sum(rate(node_vmstat_pswpout{HERE}[$__rate_interval]))")
                        .query("in", "sum(rate(node_vmstat_pswpin{HERE}[$__rate_interval]))"));
        page.panel(timeSeries("Files", "Open files of the whole machine against its limit.")
                .unit("percentunit")
                .fromZero()
                .worseAbove(0.7, 0.9)
                .query("in use", "max(node_filefd_allocated{HERE} / node_filefd_maximum{HERE})"));
    }

    private static void disks(Dashboard page) {
        page.row("Disks");
        page.panel(bars("Disk in use", "By mount point.")
                .unit("percentunit")
                .range(0, 1)
                .worseAbove(0.8, 0.9)
                .now(
                        "{{mountpoint}}",
                        "max by (mountpoint) (1 - node_filesystem_avail_bytes{HERE," + REAL
                                + "} / node_filesystem_size_bytes{HERE," + REAL + "})"));
        page.panel(timeSeries(
                        "Free space and where it goes",
                        "Free bytes, and what they will be in 24 hours if the last six hours go on like this.")
                .unit("bytes")
                .query("{{mountpoint}}", "min by (mountpoint) (node_filesystem_avail_bytes{HERE," + REAL + "})")
                .query("{{mountpoint}} tomorrow", "min by (mountpoint) (" + TOMORROW + ")"));
        page.panel(timeSeries("Inodes", "Share in use: a disk can be full of small files.")
                .unit("percentunit")
                .range(0, 1)
                .worseAbove(0.8, 0.9)
                .query(
                        "{{mountpoint}}",
                        "max by (mountpoint) (1 - node_filesystem_files_free{HERE," + REAL
                                + "} / (node_filesystem_files{HERE," + REAL + "} > 0))"));
        page.panel(timeSeries("Disk traffic", "Bytes a second, by disk.")
                .unit("Bps")
                .fromZero()
                .size(12, 8)
                .query("{{device}} read", "sum by (device) (rate(node_disk_read_bytes_total{HERE}[$__rate_interval]))")
                .query(
                        "{{device}} written",
                        "sum by (device) (rate(node_disk_written_bytes_total{HERE}[$__rate_interval]))"));
        page.panel(timeSeries("Disk busy", "Share of the time in which the disk had something to do.")
                .unit("percentunit")
                .fromZero()
                .worseAbove(0.7, 0.9)
                .size(12, 8)
                .query(
                        "{{device}}",
                        "sum by (device) (rate(node_disk_io_time_seconds_total{HERE}[$__rate_interval]))"));
    }

    private static void network(Dashboard page) {
        page.row("Network");
        page.panel(
                timeSeries("Network traffic", "Bytes a second, by interface; those of containers are left out.")
                        .unit("Bps")
                        .size(12, 8)
                        .query(
                                "{{device}} in",
                                "sum by (device) (rate(node_network_receive_bytes_total{HERE,device!~\"lo|veth.*|br-.*|docker.*\"}[$__rate_interval]))")
                        .query(
                                "{{device}} out",
                                "sum by (device) (rate(node_network_transmit_bytes_total{HERE,device!~\"lo|veth.*|br-.*|docker.*\"}[$__rate_interval]))"));
        page.panel(
                timeSeries("Network errors", "Packets a second that were damaged or dropped.")
                        .unit("pps")
                        .fromZero()
                        .size(12, 8)
                        .query(
                                "errors",
                                "sum(rate(node_network_receive_errs_total{HERE}[$__rate_interval])) + sum(rate(node_network_transmit_errs_total{HERE}[$__rate_interval]))")
                        .query(
                                "dropped",
                                "sum(rate(node_network_receive_drop_total{HERE}[$__rate_interval])) + sum(rate(node_network_transmit_drop_total{HERE}[$__rate_interval]))"));
    }
}
