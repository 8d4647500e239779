//! One gateway session over time: login and logout, a lane for each source, the signs each way.
//!
//! Addresses are shown, the user is not: an address is what the responder blocks, and the log's zone is what the
//! responder searches by.

use super::{Anchor, LABEL, Svg, clipped};
use crate::words::log_time;
use jiff::civil::DateTime;

/// A source of connections, or any other span.
pub(crate) struct Lane {
    pub(crate) label: String,
    /// A class of the style sheet.
    pub(crate) class: &'static str,
    pub(crate) from: DateTime,
    pub(crate) to: DateTime,
}

/// A dated sign.
#[derive(Clone)]
pub(crate) struct Mark {
    pub(crate) time: DateTime,
    /// True where it speaks for a takeover.
    pub(crate) speaks_for: bool,
}

/// One session.
pub(crate) struct Timeline {
    pub(crate) first: DateTime,
    pub(crate) last: DateTime,
    pub(crate) login: Option<DateTime>,
    pub(crate) logout: Option<DateTime>,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) marks: Vec<Mark>,
}

const ROW: f64 = 36.0;
const SIGNS: f64 = 44.0;

/// The session from its first sign to its last, whatever lies outside widening the axis.
pub(crate) fn timeline(id: &str, title: &str, description: &str, session: &Timeline) -> String {
    let scale = Scale::of(session);
    let mut svg = Svg::new(id, title, description);
    let mut top = 0.0;
    let bounds = [("login", session.login), ("logout", session.logout)];
    let foot = 20.0 * bounds.iter().filter(|(_, time)| time.is_some()).count() as f64
        + ROW * session.lanes.len() as f64
        + if session.marks.is_empty() { 0.0 } else { SIGNS };
    for (words, time) in bounds.into_iter().filter_map(|(words, time)| Some((words, time?))) {
        let x = scale.at(time);
        svg.line("bound", (x, top + 16.0), (x, foot));
        svg.text("key", x, top + 12.0, Anchor::inside(x), &format!("{words} {}", time.strftime("%H:%M")));
        top += 20.0;
    }
    for lane in &session.lanes {
        svg.text("label", 0.0, top + 12.0, Anchor::Start, &clipped(&lane.label, LABEL - 4));
        svg.rect("track", 0.0, top + 18.0, 100.0, 12.0);
        let (from, to) = (scale.at(lane.from), scale.at(lane.to));
        svg.rect(lane.class, from, top + 18.0, (to - from).max(0.4), 12.0);
        top += ROW;
    }
    if !session.marks.is_empty() {
        let number = |speaks_for| session.marks.iter().filter(|mark| mark.speaks_for == speaks_for).count();
        let words = format!("indicators: {} for (▲), {} against (▽)", number(true), number(false));
        svg.text("label", 0.0, top + 12.0, Anchor::Start, &words);
        svg.line("grid", (0.0, top + 30.0), (100.0, top + 30.0));
        for mark in &session.marks {
            // Above the line and below it: signs of one minute must not hide each other.
            let (class, path) =
                if mark.speaks_for { ("sign-for", "M0 -10L6 0H-6Z") } else { ("sign-against", "M0 10L6 0H-6Z") };
            svg.shape(class, scale.at(mark.time), top + 30.0, path);
        }
        top += SIGNS;
    }
    svg.text("axis", 0.0, top + 14.0, Anchor::Start, &log_time(scale.start));
    svg.text("axis", 100.0, top + 14.0, Anchor::End, &log_time(scale.end));
    svg.finish(top + 20.0)
}

struct Scale {
    start: DateTime,
    end: DateTime,
}

impl Scale {
    fn of(session: &Timeline) -> Self {
        let times = [session.first, session.last]
            .into_iter()
            .chain(session.login)
            .chain(session.logout)
            .chain(session.lanes.iter().flat_map(|lane| [lane.from, lane.to]));
        let (start, end) =
            times.fold((session.first, session.last), |(start, end), time| (start.min(time), end.max(time)));
        Self { start, end }
    }

    fn at(&self, time: DateTime) -> f64 {
        let whole = self.end.duration_since(self.start).as_secs_f64();
        if whole <= 0.0 { 0.0 } else { time.duration_since(self.start).as_secs_f64() / whole * 100.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    #[test]
    fn lanes_and_signs_lie_where_they_were() {
        let at = |hour| datetime(2024, 11, 20, hour, 0, 0, 0);
        let session = Timeline {
            first: at(8),
            last: at(16),
            login: Some(at(8)),
            logout: None,
            lanes: vec![Lane { label: "203.0.113.77".into(), class: "other", from: at(10), to: at(12) }],
            marks: vec![Mark { time: at(12), speaks_for: true }],
        };
        let svg = timeline("t", "T", "D", &session);
        assert!(svg.contains(r#"<rect class="other" x="25.00%" y="38" width="25.00%""#), "{svg}");
        assert!(svg.contains(r#"<svg x="50.00%""#), "{svg}");
        assert_eq!(
            super::super::tests::texts(&svg),
            [
                "T",
                "D",
                "login 08:00",
                "203.0.113.77",
                "indicators: 1 for (▲), 0 against (▽)",
                "20 Nov 2024, 08:00",
                "20 Nov 2024, 16:00"
            ]
        );
    }

    #[test]
    fn a_session_of_one_moment_is_drawn() {
        let now = datetime(2024, 11, 20, 8, 0, 0, 0);
        let session = Timeline { first: now, last: now, login: None, logout: None, lanes: vec![], marks: vec![] };
        assert!(!timeline("t", "T", "D", &session).contains("NaN"));
    }
}
