//! The second kind of worker: a process that runs one tool, tesseract, on pictures that other workers decoded.
//!
//! It sees no file of the evidence and no file format but the plain grey map that it writes itself to the tool's input. It is
//! shut in before it starts the tool, and the tool inherits that ([`crate::jail::confine_tool`]). A tool that hangs, dies or
//! talks nonsense costs the picture only.

use crate::channel::{Ended, receive, receive_within, send};
use crate::frame::{FrameError, FrameKind};
use crate::jail::{Jail, JailError, TESSERACT, confine_tool};
use crate::pool::{Hire, Worker};
use crate::recognition::{ANSWER, picture_of, words_bytes};
use assay_evidence::extract::{Layout, NoRecogniser, Picture, RecognisedWord, Recogniser};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The language that is recognised.
const LANGUAGE: &str = "eng";

/// How to install the tool.
pub const INSTALL: &str = "apt-get install tesseract-ocr tesseract-ocr-eng tesseract-ocr-osd";

/// How long a tool worker may take to say who it is. Far over what it takes.
const HELLO: Duration = Duration::from_secs(30);

/// Why a tool worker ended before its parent closed the channel.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The channel failed.
    #[error("tool worker: the channel failed")]
    Channel(#[from] FrameError),
    /// The parent sent something else than pictures.
    #[error("tool worker: a frame that does not belong there")]
    Unexpected,
    /// The process could not be shut in.
    #[error(transparent)]
    Jail(#[from] JailError),
}

/// Shuts the process in, says which tool it has, and recognises pictures until the parent closes the channel.
pub fn serve_jailed(channel: &UnixStream, jail: Jail) -> Result<(), ToolError> {
    if let Err(error) = confine_tool(jail) {
        send(channel, FrameKind::Refused, error.to_string().as_bytes())?;
        return Err(error.into());
    }
    let Some(name) = name() else {
        send(channel, FrameKind::NoWords, &[])?;
        return Ok(());
    };
    send(channel, FrameKind::Alive, name.as_bytes())?;
    loop {
        let frame = match receive(channel) {
            Ok(frame) => frame,
            Err(FrameError::Closed) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let picture = (frame.kind == FrameKind::Picture).then(|| picture_of(&frame.payload)).flatten();
        let (picture, layout) = picture.ok_or(ToolError::Unexpected)?;
        drop(frame);
        match words(&picture, layout).map(|words| words_bytes(&words)).filter(|bytes| bytes.len() <= ANSWER) {
            Some(bytes) => send(channel, FrameKind::Words, &bytes)?,
            None => send(channel, FrameKind::NoWords, &[])?,
        }
    }
}

fn tool() -> Command {
    let mut command = Command::new(TESSERACT);
    // One thread: the pool has a worker for every core as it is.
    command
        .env_clear()
        .env("OMP_THREAD_LIMIT", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    command
}

/// The tool with its version, where it runs and has its language.
fn name() -> Option<String> {
    let output = |argument: &str| {
        let output = tool().arg(argument).stdin(Stdio::piped()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let languages = output("--list-langs")?;
    if !languages.lines().any(|line| line.trim() == LANGUAGE) {
        return None;
    }
    let version = output("--version")?;
    let version = version.lines().next()?.trim().chars().take(60).collect::<String>();
    Some(format!("{version} {LANGUAGE}"))
}

/// The words that the tool sees in a picture.
fn words(picture: &Picture, layout: Layout) -> Option<Vec<RecognisedWord>> {
    let segmentation = match layout {
        Layout::Page => "3",
        Layout::Sparse => "11",
    };
    // The picture comes at the size of print of three hundred dots an inch, whatever its file said.
    let arguments = ["stdin", "stdout", "-l", LANGUAGE, "--psm", segmentation, "--dpi", "300"];
    let mut child = tool().args(arguments).args(["-c", "tessedit_create_tsv=1"]).stdin(Stdio::piped()).spawn().ok()?;
    let mut written = Vec::new();
    // It answers only after it has read all.
    let fed = child.stdin.take().is_some_and(|mut input| {
        let head = format!("P5\n{} {}\n255\n", picture.width, picture.height);
        input.write_all(head.as_bytes()).and_then(|()| input.write_all(&picture.grey)).is_ok()
    });
    let read =
        child.stdout.take().is_some_and(|output| output.take(ANSWER as u64 + 1).read_to_end(&mut written).is_ok());
    // One that talks on is ended here; one that is done is only reaped.
    if written.len() > ANSWER {
        child.kill().ok();
    }
    let ended = child.wait().is_ok_and(|status| status.success());
    let text = std::str::from_utf8(&written).ok().filter(|_| fed && read && ended && written.len() <= ANSWER)?;
    Some(
        text.lines().filter_map(Row::of).scan(Row::default(), |before, row| Some(row.word(before))).flatten().collect(),
    )
}

/// The tool in this process's own hands, with no jail: for measuring. Never for evidence.
pub struct Unjailed;

impl Recogniser for Unjailed {
    fn words(&self, picture: &Picture, layout: Layout) -> Result<Vec<RecognisedWord>, NoRecogniser> {
        words(picture, layout).ok_or(NoRecogniser::Failed)
    }
}

/// A row of the tool's table: its level, where in the page it is, its box, and what it says.
#[derive(Default)]
struct Row {
    level: u32,
    place: [u32; 4],
    line: u32,
    frame: [u32; 4],
    confidence: f32,
    text: String,
}

impl Row {
    fn of(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.splitn(12, '\t').collect();
        let number = |n: usize| fields.get(n).and_then(|field| field.parse::<u32>().ok());
        Some(Self {
            level: number(0)?,
            place: [number(1)?, number(2)?, number(3)?, number(4)?],
            line: 0,
            frame: [number(6)?, number(7)?, number(8)?, number(9)?],
            confidence: fields.get(10)?.parse().ok()?,
            text: fields.get(11).map_or_else(String::new, |text| text.trim().to_owned()),
        })
    }

    /// The word of a row, if it is one; `before` keeps count of lines.
    fn word(self, before: &mut Self) -> Option<RecognisedWord> {
        if self.level != 5 {
            return None;
        }
        if self.place != before.place {
            before.place = self.place;
            before.line += 1;
        }
        let [_, block, ..] = self.place;
        let [left, top, width, height] = self.frame;
        let confidence = self.confidence.clamp(0.0, 100.0).round() as u8;
        let word = RecognisedWord { block, line: before.line, left, top, width, height, confidence, text: self.text };
        (!word.text.is_empty()).then_some(word)
    }
}

/// The name and version of the tool, where it is installed and can be run shut in.
pub fn find(hire: &dyn Hire) -> Option<String> {
    if !Path::new(TESSERACT).exists() {
        return None;
    }
    greet(&hire.hire().ok()?, &AtomicBool::new(false)).ok()
}

/// Waits for a tool worker's first frame: what it has.
fn greet(worker: &Worker, stop: &AtomicBool) -> Result<String, Ended> {
    let first = receive_within(worker.channel(), HELLO, stop)?;
    let named = first.kind == FrameKind::Alive && !first.payload.is_empty() && first.payload.len() < 200;
    let name = String::from_utf8(first.payload).ok().filter(|name| named && !name.contains(char::is_control));
    name.ok_or(Ended::Broken)
}

/// A thread's tool worker, started when it is first needed.
pub(crate) struct Aide<'a> {
    pub(crate) hire: Option<&'a dyn Hire>,
    pub(crate) worker: Option<Worker>,
}

impl Aide<'_> {
    /// Has a picture recognised: the frame to answer with. The picture and the words are passed on unread.
    pub(crate) fn recognise(
        &mut self,
        picture: &[u8],
        patience: Duration,
        stop: &AtomicBool,
    ) -> Result<(FrameKind, Vec<u8>), Ended> {
        let none = || Ok((FrameKind::NoWords, Vec::new()));
        let Some(hire) = self.hire else { return none() };
        // A tool worker may have come to its limits by earlier pictures: each picture has a second try.
        for _ in 0..2 {
            let worker = match self.worker.take() {
                Some(worker) => worker,
                None => {
                    let Ok(worker) = hire.hire() else { return none() };
                    match greet(&worker, stop) {
                        Ok(_) => worker,
                        Err(Ended::Stopped) => return Err(Ended::Stopped),
                        Err(_) => continue,
                    }
                }
            };
            if send(worker.channel(), FrameKind::Picture, picture).is_err() {
                continue;
            }
            match receive_within(worker.channel(), patience, stop) {
                Ok(frame) if frame.kind == FrameKind::Words && frame.payload.len() <= ANSWER => {
                    self.worker = Some(worker);
                    return Ok((FrameKind::Words, frame.payload));
                }
                // The tool failed, its worker did not.
                Ok(frame) if frame.kind == FrameKind::NoWords => self.worker = Some(worker),
                Err(Ended::Stopped) => return Err(Ended::Stopped),
                Ok(_) | Err(_) => {}
            }
        }
        none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_tool_are_words_in_counted_lines() {
        let table = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
            1\t1\t0\t0\t0\t0\t0\t0\t640\t480\t-1\t\n\
            5\t1\t1\t1\t1\t1\t10\t20\t30\t12\t96.4\tDear\n\
            5\t1\t1\t1\t1\t2\t50\t20\t30\t12\t91\tAda\n\
            5\t1\t2\t1\t1\t1\t10\t60\t30\t12\t0\t\n\
            5\t1\t2\t1\t1\t2\t10\t60\t30\t12\t33.5\tthe\n";
        let words: Vec<_> = table
            .lines()
            .filter_map(Row::of)
            .scan(Row::default(), |before, row| Some(row.word(before)))
            .flatten()
            .collect();
        let short: Vec<_> = words.iter().map(|w| (w.block, w.line, w.left, w.confidence, w.text.as_str())).collect();
        assert_eq!(short, [(1, 1, 10, 96, "Dear"), (1, 1, 50, 91, "Ada"), (2, 2, 10, 34, "the")]);
    }
}
