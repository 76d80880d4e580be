//! The machine and the day, for the record.

use std::time::{SystemTime, UNIX_EPOCH};

use super::record::Machine;

/// What Linux tells; elsewhere fields say `unknown`.
pub(crate) fn this() -> Machine {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let unknown = || "unknown".to_owned();
    let memory = field(&read("/proc/meminfo"), "MemTotal");
    let kib = memory.and_then(|text| text.strip_suffix("kB")?.trim().parse::<f64>().ok());
    let kernel = read("/proc/sys/kernel/osrelease").trim().to_owned();
    Machine {
        cpu: field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(unknown),
        cores: std::thread::available_parallelism().map_or(1, |n| n.get()),
        memory_gib: kib.unwrap_or(0.0) / f64::from(1 << 20),
        kernel: if kernel.is_empty() { unknown() } else { kernel },
        isa: unknown(),
    }
}

/// A name for files, of letters, digits and dashes: `AMD EPYC 9B45` is `amd-epyc-9b45`.
pub(crate) fn slug(cpu: &str) -> String {
    let words = cpu.split(|c: char| !c.is_ascii_alphanumeric());
    // What says nothing of the kind of processor.
    let said = words.filter(|w| !w.is_empty() && !matches!(*w, "R" | "TM" | "Processor" | "CPU"));
    said.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// Today in universal time, as `YYYY-MM-DD`.
pub(crate) fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    date(since.map_or(0, |d| d.as_secs() / 86_400))
}

/// The date of a day since 1970-01-01.
fn date(mut days: u64) -> String {
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(59), "1970-03-01");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(20_453), "2025-12-31");
        assert_eq!(date(20_454), "2026-01-01");
    }

    #[test]
    fn names_of_processors_become_names_of_files() {
        assert_eq!(slug("Intel(R) Xeon(R) CPU @ 2.60GHz"), "intel-xeon-2-60ghz");
        assert_eq!(slug("AMD EPYC 9B45"), "amd-epyc-9b45");
    }
}
