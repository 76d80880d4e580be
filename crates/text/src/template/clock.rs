//! The date that templates ask for, and `strftime`.

use std::fmt::Write as _;
use std::str::FromStr;

use thiserror::Error;

/// A date and time of day on somebody's wall: no time zone. Templates get it from the caller, so rendering is
/// reproducible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

/// Not a date and time.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
#[error("`{text}` is not a date and time; write it as 2026-01-15T12:30:00")]
pub struct DateTimeError {
    /// What was given.
    pub text: String,
}

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Default for DateTime {
    /// 1970-01-01 00:00:00.
    fn default() -> Self {
        DateTime::from_unix(0, 0)
    }
}

impl DateTime {
    /// A date and time from 0001-01-01 to 9999-12-31; `None` where there is no such day or time.
    pub fn new(date: (u16, u8, u8), time: (u8, u8, u8)) -> Option<DateTime> {
        let ((year, month, day), (hour, minute, second)) = (date, time);
        let valid = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        valid.then_some(DateTime {
            year,
            month,
            day,
            hour,
            minute,
            second,
        })
    }

    /// The date and time `seconds` after 1970-01-01 00:00:00, less or plus the caller's offset from UTC. Times before
    /// year 1 and after 9999 are the first and last that there are.
    pub fn from_unix(seconds: i64, utc_offset_seconds: i32) -> DateTime {
        let first = DateTime {
            year: 1,
            month: 1,
            day: 1,
            hour: 0,
            minute: 0,
            second: 0,
        };
        let last = DateTime {
            year: 9999,
            month: 12,
            day: 31,
            hour: 23,
            minute: 59,
            second: 59,
        };
        let local = seconds.saturating_add(i64::from(utc_offset_seconds));
        let (days, rest) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        // Days since 0001-01-01.
        let days = days.saturating_add(719_162);
        if days < 0 {
            return first;
        }
        let mut rest_days = days % 146_097;
        let mut year = 1 + 400 * (days / 146_097);
        if year > 9999 {
            return last;
        }
        while rest_days >= days_in_year(year as u16) {
            rest_days -= days_in_year(year as u16);
            year += 1;
        }
        let year = year as u16;
        let mut month = 1;
        while rest_days >= i64::from(days_in_month(year, month)) {
            rest_days -= i64::from(days_in_month(year, month));
            month += 1;
        }
        let part = |unit: i64, count: i64| (rest / unit % count) as u8;
        let time = (part(3600, 24), part(60, 60), part(1, 60));
        DateTime::new((year, month, rest_days as u8 + 1), time).unwrap_or(last)
    }

    /// 0 on Sunday.
    fn weekday(self) -> u32 {
        let year = u32::from(self.year) - 1;
        // 0001-01-01 was a Monday.
        (year + year / 4 - year / 100 + year / 400 + self.day_of_year()) % 7
    }

    /// 1 on the first of January.
    fn day_of_year(self) -> u32 {
        (1..self.month)
            .map(|month| u32::from(days_in_month(self.year, month)))
            .sum::<u32>()
            + u32::from(self.day)
    }

    /// The date and time by a `strftime` format, in English. Directives that do not exist stay as they are.
    pub fn format(self, format: &str) -> String {
        let mut out = String::with_capacity(format.len() + 16);
        let mut rest = format.chars();
        while let Some(character) = rest.next() {
            if character != '%' {
                out.push(character);
                continue;
            }
            let mut ahead = rest.clone();
            let padded = ahead.next() != Some('-');
            if !padded {
                rest = ahead;
            }
            match rest.next() {
                Some(directive) => self.directive(directive, padded, &mut out),
                None => out.push('%'),
            }
        }
        out
    }

    fn directive(self, directive: char, padded: bool, out: &mut String) {
        let name =
            |names: &[&'static str], at: u32| names.get(at as usize).copied().unwrap_or_default();
        let short = |name: &'static str| name.get(..3).unwrap_or(name);
        let (day, month) = (
            name(&DAYS, self.weekday()),
            name(&MONTHS, u32::from(self.month) - 1),
        );
        let hour12 = (self.hour + 11) % 12 + 1;
        let mut number = |value: u32, width: usize| {
            // Writing to a string does not fail.
            let _ = if padded {
                write!(out, "{value:0width$}")
            } else {
                write!(out, "{value}")
            };
        };
        let composed = match directive {
            'Y' => return number(u32::from(self.year), 4),
            'y' => return number(u32::from(self.year % 100), 2),
            'm' => return number(u32::from(self.month), 2),
            'd' => return number(u32::from(self.day), 2),
            'H' => return number(u32::from(self.hour), 2),
            'I' => return number(u32::from(hour12), 2),
            'M' => return number(u32::from(self.minute), 2),
            'S' => return number(u32::from(self.second), 2),
            'j' => return number(self.day_of_year(), 3),
            'f' => return number(0, 6),
            'w' => return number(self.weekday(), 1),
            'u' => return number((self.weekday() + 6) % 7 + 1, 1),
            'B' => return out.push_str(month),
            'b' | 'h' => return out.push_str(short(month)),
            'A' => return out.push_str(day),
            'a' => return out.push_str(short(day)),
            'p' => return out.push_str(if self.hour < 12 { "AM" } else { "PM" }),
            'e' => {
                let _ = write!(out, "{:2}", self.day);
                return;
            }
            'z' | 'Z' => return,
            'n' => return out.push('\n'),
            't' => return out.push('\t'),
            '%' => return out.push('%'),
            'F' => "%Y-%m-%d",
            'T' | 'X' => "%H:%M:%S",
            'R' => "%H:%M",
            'D' | 'x' => "%m/%d/%y",
            'c' => "%a %b %e %H:%M:%S %Y",
            other => {
                out.push('%');
                return out.push(other);
            }
        };
        out.push_str(&self.format(composed));
    }
}

impl FromStr for DateTime {
    type Err = DateTimeError;

    /// Reads `2026-01-15`, `2026-01-15T12:30` and `2026-01-15 12:30:00`, each with parts of a second or a zone after it,
    /// which do not count.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || DateTimeError {
            text: text.to_owned(),
        };
        let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
        let mut date = date.splitn(3, '-');
        let mut next = || {
            date.next()
                .filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let (year, month, day) = (next(), next(), next());
        let time = time.split(['Z', '+', '-', '.']).next().unwrap_or_default();
        let mut time = time.splitn(3, ':').map(str::parse::<u8>);
        let (hour, minute, second) = (time.next(), time.next(), time.next().unwrap_or(Ok(0)));
        let date = (
            year.and_then(|year| year.parse().ok()).ok_or_else(error)?,
            month
                .and_then(|month| month.parse().ok())
                .ok_or_else(error)?,
            day.and_then(|day| day.parse().ok()).ok_or_else(error)?,
        );
        match (hour, minute, second) {
            (Some(Ok(hour)), Some(Ok(minute)), Ok(second)) => {
                DateTime::new(date, (hour, minute, second)).ok_or_else(error)
            }
            _ => Err(error()),
        }
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_year(year: u16) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strftime_writes_what_python_writes() {
        let date: DateTime = "2026-01-15T12:30:00".parse().unwrap();
        let cases = [
            ("%Y-%m-%d", "2026-01-15"),
            ("%d %b %Y", "15 Jan 2026"),
            ("%B %d, %Y", "January 15, 2026"),
            (
                "%A %a %H:%M:%S %I %p %j %y %-d %e %-m",
                "Thursday Thu 12:30:00 12 PM 015 26 15 15 1",
            ),
            (
                "%F %T %R %D %u %w %f",
                "2026-01-15 12:30:00 12:30 01/15/26 4 4 000000",
            ),
            ("100%% %Q %", "100% %Q %"),
        ];
        for (format, text) in cases {
            assert_eq!(date.format(format), text, "{format}");
        }
        let early: DateTime = "2024-02-29 00:05".parse().unwrap();
        assert_eq!(
            early.format("%A %I:%M %p %-I %j %e"),
            "Thursday 12:05 AM 12 060 29"
        );
    }

    #[test]
    fn unix_times_are_dates() {
        // Expected values from `date -u -d @N`.
        let cases = [
            (0, "1970-01-01T00:00:00 Thu"),
            (951_782_400, "2000-02-29T00:00:00 Tue"),
            (1_768_480_200, "2026-01-15T12:30:00 Thu"),
            (-1, "1969-12-31T23:59:59 Wed"),
            (4_102_444_799, "2099-12-31T23:59:59 Thu"),
        ];
        for (seconds, text) in cases {
            assert_eq!(DateTime::from_unix(seconds, 0).format("%FT%T %a"), text);
        }
        assert_eq!(
            DateTime::from_unix(0, -3600).format("%FT%T"),
            "1969-12-31T23:00:00"
        );
        assert_eq!(DateTime::from_unix(i64::MAX, 0).format("%Y"), "9999");
        assert_eq!(DateTime::from_unix(i64::MIN, i32::MIN).format("%Y"), "0001");
    }

    #[test]
    fn impossible_dates_are_errors() {
        for text in [
            "",
            "2026",
            "2026-13-01",
            "2025-02-29",
            "2026-01-15T25:00",
            "2026-01-15T1",
            "x-y-z",
            "0000-01-01",
        ] {
            assert_eq!(
                text.parse::<DateTime>(),
                Err(DateTimeError {
                    text: text.to_owned()
                })
            );
        }
        assert_eq!(
            "2026-01-15T12:30:00.5+01:00".parse::<DateTime>(),
            "2026-01-15 12:30".parse()
        );
    }
}
