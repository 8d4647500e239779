//! Runs the drawing of a page as far as text goes: where each string stands, how large, in which direction, and
//! whether it can be seen; and where pictures and ruling lines lie.
//!
//! Text drawn in no colour (the layer of a recogniser under a scan) counts as seen: it is what makes the scan readable.
//! White text where nothing dark was drawn, text outside the page and in layers that are off count as hidden. Clipping
//! is passed over. Long because the operators are one list.

use super::file::File;
use super::font::Font;
use super::layout::{Piece, Rule};
use super::object::{Dict, Held, Lexer, Object, Stream, Token};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Operations run for one document: some hundred times what the densest pages of a thousand take.
const OPERATIONS: u64 = 100_000_000;

/// The largest drawing run, bytes: dense maps reach a few million.
const CONTENT: u64 = 16 << 20;

/// Drawings within drawings.
const DEPTH: u32 = 16;

/// Saved graphics states within one another; readers promise 28.
const SAVED: usize = 512;

/// Operands of one operator kept.
const OPERANDS: usize = 4096;

/// Lines, dark areas and pictures of one page kept.
const SHAPES: usize = 20_000;

/// Dark areas looked at for white letters, a page.
const LOOKS: u64 = 50_000_000;

/// Fonts kept at once.
const FONTS: usize = 512;

pub(super) type Matrix = [f32; 6];

pub(super) const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// Runs pages of one document.
pub(super) struct Painter<'d, 'b> {
    file: &'d File<'b>,
    fonts: BTreeMap<u32, Rc<Font>>,
    layers_off: BTreeSet<u32>,
    operations_left: u64,
    /// Whether a drawing was larger than [`CONTENT`], or not decoded.
    lost: bool,
}

/// What a page shows.
#[derive(Default)]
pub(super) struct Painted {
    pub(super) pieces: Vec<Piece>,
    pub(super) rules: Vec<Rule>,
    pub(super) pictures: Vec<Placed>,
    /// Whether there was a drawing at all, or a note.
    pub(super) is_drawn: bool,
    /// Codes shown, spaces apart.
    pub(super) codes: u32,
    /// Codes shown in no colour: the layer of text under a scan.
    pub(super) invisible: u32,
    /// Codes whose characters their font does not tell.
    pub(super) unmapped: u32,
    /// What is filled in a colour other than white: left, bottom, right, top.
    dark: Vec<[f32; 4]>,
    /// Dark areas looked at so far: a page of white text over ten thousand of them ends.
    looks: u64,
    patterns: BTreeSet<u32>,
}

/// A picture and the matrix that lays the unit square where it stands.
pub(super) struct Placed {
    pub(super) matrix: Matrix,
    pub(super) source: Source,
    /// Whether a stencil is white.
    pub(super) white: bool,
    /// The number of its object, where it has one.
    pub(super) number: Option<u32>,
}

/// Where the bytes of a picture are.
pub(super) enum Source {
    Kept(Rc<Object>),
    /// In the drawing itself.
    Inline(Dict, Vec<u8>),
}

#[derive(Clone)]
struct State {
    matrix: Matrix,
    font: Option<Rc<Font>>,
    size: f32,
    leading: f32,
    character: f32,
    word: f32,
    stretch: f32,
    rise: f32,
    white: bool,
    invisible: bool,
}

/// Where a drawing is run.
struct Place<'r> {
    resources: Held<'r>,
    depth: u32,
    hidden: bool,
}

impl<'d, 'b> Painter<'d, 'b> {
    pub(super) fn new(file: &'d File<'b>) -> Self {
        let layers_off = layers_off(file);
        Self { file, fonts: BTreeMap::new(), layers_off, operations_left: OPERATIONS, lost: false }
    }

    /// Whether some of the drawing was not run.
    pub(super) fn is_incomplete(&self) -> bool {
        self.lost || self.operations_left == 0
    }

    /// Runs a page: its drawing, then the appearances of its annotations.
    pub(super) fn page(&mut self, page: &Dict) -> Painted {
        let mut painted = Painted::default();
        if self.operations_left == 0 {
            return painted;
        }
        let file = self.file;
        let mut content = Vec::new();
        let contents = file.get(page, b"Contents");
        let streams: Vec<Held<'_>> = match &*contents {
            Object::Array(items) => items.iter().take(10_000).map(|item| file.resolve(item)).collect(),
            _ => vec![contents.clone()],
        };
        for held in &streams {
            if let Some(stream) = held.stream() {
                content.extend_from_slice(&self.content(stream));
                content.push(b'\n');
            }
            if content.len() as u64 > CONTENT {
                self.lost = true;
                break;
            }
        }
        let place = Place { resources: inherited(file, page, b"Resources"), depth: DEPTH, hidden: false };
        self.run(&content, &place, State::new(IDENTITY), &mut painted);
        let printed = painted.pieces.len();
        self.annotations(page, &mut painted);
        painted.pieces.iter_mut().skip(printed).for_each(|piece| piece.written = true);
        painted.is_drawn = !content.is_empty() || file.get(page, b"Annots").array().is_some();
        self.charge(painted.looks / 16);
        let area = page_box(file, page);
        for piece in &mut painted.pieces {
            piece.hidden |= area.is_some_and(|area| piece.is_outside(area));
        }
        painted
    }

    fn content(&mut self, stream: &Stream) -> Vec<u8> {
        let decoded = self.file.decoded(stream, CONTENT);
        self.lost |= decoded.lost.is_some();
        decoded.bytes
    }

    /// Takes from the operations left; false where none are.
    fn charge(&mut self, cost: u64) -> bool {
        self.operations_left = self.operations_left.saturating_sub(cost);
        self.operations_left > 0
    }

    /// The pictures of what is written onto the page: values of fields, stamps, free text.
    fn annotations(&mut self, page: &Dict, painted: &mut Painted) {
        let file = self.file;
        let annotations = file.get(page, b"Annots");
        for annotation in annotations.array().unwrap_or_default().iter().take(10_000) {
            let annotation = file.resolve(annotation);
            let Some(dict) = annotation.dict() else { continue };
            if dict.is(b"Subtype", b"Popup") || dict.is(b"Subtype", b"Link") {
                continue;
            }
            let appearances = file.get(dict, b"AP");
            let Some(appearances) = appearances.dict() else { continue };
            let mut normal = file.get(appearances, b"N");
            let states = match &*normal {
                Object::Dict(states) => Some(states.clone()),
                _ => None,
            };
            if let Some(states) = states {
                let state = file.get(dict, b"AS");
                let chosen = state.name().and_then(|state| states.get(state)).cloned();
                let Some(Object::Reference(number)) = chosen else { continue };
                normal = Held::There(file.object(number));
            }
            let Some(stream) = normal.stream() else { continue };
            let flags = file.get(dict, b"F").integer().unwrap_or(0);
            let place = Place { resources: Held::Here(&Object::Null), depth: DEPTH, hidden: flags & (2 | 32) != 0 };
            let matrix = onto_rectangle(file, stream, dict);
            self.form(stream, &place, &State::new(matrix), painted);
        }
    }

    fn run(&mut self, content: &[u8], place: &Place<'_>, state: State, painted: &mut Painted) {
        // What is decoded again and again costs its size each time.
        if !self.charge(content.len() as u64 / 2 + 1) {
            return;
        }
        let mut run = Run::new(state, place.hidden);
        let mut operands: Vec<Object> = Vec::with_capacity(16);
        let mut fonts: BTreeMap<Vec<u8>, Option<Rc<Font>>> = BTreeMap::new();
        let mut lexer = Lexer::drawing(content);
        loop {
            match lexer.next() {
                Token::End => break,
                Token::Object(object) => {
                    if operands.len() < OPERANDS {
                        operands.push(object);
                    }
                    continue;
                }
                Token::Word(word) => {
                    if !self.charge(1) {
                        return;
                    }
                    match word {
                        b"Tf" => {
                            if let [.., Object::Name(name), size] = operands.as_slice() {
                                let font = fonts.entry(name.clone()).or_insert_with(|| self.font(place, name)).clone();
                                run.state.font = font;
                                run.state.size = size.float().unwrap_or(0.0);
                            }
                        }
                        b"gs" => self.parameters(place, &operands, &mut run),
                        b"Do" => self.draw(place, &operands, &mut run, painted),
                        b"BI" => self.inline(&mut lexer, &run, painted),
                        b"BDC" | b"BMC" => self.begin(place, &operands, &mut run, painted),
                        b"scn" | b"SCN" => {
                            run.color(&operands);
                            if let Some(Object::Name(name)) = operands.last() {
                                self.pattern(place, name, &run, painted);
                            }
                        }
                        _ => run.operate(word, &operands, painted),
                    }
                }
            }
            operands.clear();
        }
        run.flush(painted);
    }

    /// Something of the resources, by category and name.
    fn resource(&mut self, place: &Place<'_>, category: &[u8], name: &[u8]) -> Option<(Option<u32>, Rc<Object>)> {
        let found = self.file.get(place.resources.dict()?, category);
        let object = found.dict()?.get(name)?;
        let number = if let Object::Reference(number) = object { Some(*number) } else { None };
        Some(match self.file.resolve(object) {
            Held::There(object) => (number, object),
            Held::Here(object) => {
                self.charge(50);
                (number, Rc::new(object.clone()))
            }
        })
    }

    fn font(&mut self, place: &Place<'_>, name: &[u8]) -> Option<Rc<Font>> {
        let (number, object) = self.resource(place, b"Font", name)?;
        self.font_of(number, &object)
    }

    fn font_of(&mut self, number: Option<u32>, object: &Object) -> Option<Rc<Font>> {
        if let Some(font) = number.and_then(|number| self.fonts.get(&number)) {
            return Some(font.clone());
        }
        if !self.charge(1000) {
            return None;
        }
        let before = self.file.spent();
        let font = Rc::new(Font::of(self.file, object.dict()?));
        self.charge(self.file.spent().saturating_sub(before) / 16);
        if let Some(number) = number {
            if self.fonts.len() >= FONTS {
                self.fonts.clear();
            }
            self.fonts.insert(number, font.clone());
        }
        Some(font)
    }

    fn parameters(&mut self, place: &Place<'_>, operands: &[Object], run: &mut Run) {
        let Some(Object::Name(name)) = operands.last() else { return };
        let Some((_, object)) = self.resource(place, b"ExtGState", name) else { return };
        let Some(dict) = object.dict() else { return };
        let font = self.file.get(dict, b"Font");
        if let Some([font, size]) = font.array() {
            let number = if let Object::Reference(number) = font { Some(*number) } else { None };
            run.state.font = self.font_of(number, &self.file.resolve(font));
            run.state.size = size.float().unwrap_or(0.0);
        }
    }

    fn draw(&mut self, place: &Place<'_>, operands: &[Object], run: &mut Run, painted: &mut Painted) {
        let Some(Object::Name(name)) = operands.last() else { return };
        let Some((number, object)) = self.resource(place, b"XObject", name) else { return };
        let Some(stream) = object.stream() else { return };
        run.flush(painted);
        if stream.dict.is(b"Subtype", b"Image") {
            run.darken([0.0, 0.0, 1.0, 1.0], painted);
            if painted.pictures.len() < SHAPES {
                let source = Source::Kept(object.clone());
                painted.pictures.push(Placed { matrix: run.state.matrix, source, white: run.state.white, number });
            }
        } else if stream.dict.is(b"Subtype", b"Form") || stream.dict.get(b"BBox").is_some() {
            let hidden = run.is_hidden() || self.is_off(stream.dict.get(b"OC"));
            let place = Place { resources: place.resources.clone(), depth: place.depth, hidden };
            self.form(stream, &place, &run.state, painted);
        }
    }

    fn form(&mut self, stream: &Stream, around: &Place<'_>, state: &State, painted: &mut Painted) {
        let Some(depth) = around.depth.checked_sub(1) else { return };
        let content = self.content(stream);
        let own = self.file.get(&stream.dict, b"Resources");
        let resources = if own.dict().is_some() { own } else { around.resources.clone() };
        let matrix = six(self.file.get(&stream.dict, b"Matrix").array()).unwrap_or(IDENTITY);
        let inner = State { matrix: product(matrix, state.matrix), ..state.clone() };
        self.run(&content, &Place { resources, depth, hidden: around.hidden }, inner, painted);
    }

    /// A pattern is run once a page, where its first cell lies: its text may be a watermark.
    fn pattern(&mut self, place: &Place<'_>, name: &[u8], run: &Run, painted: &mut Painted) {
        let Some((Some(number), object)) = self.resource(place, b"Pattern", name) else { return };
        let Some(stream) = object.stream() else { return };
        if painted.patterns.len() < SHAPES && painted.patterns.insert(number) {
            let place = Place { resources: place.resources.clone(), depth: place.depth, hidden: run.is_hidden() };
            self.form(stream, &place, &State::new(IDENTITY), painted);
        }
    }

    /// A picture in the drawing itself: its data are stepped over.
    fn inline(&mut self, lexer: &mut Lexer<'_>, run: &Run, painted: &mut Painted) {
        let mut entries = Vec::new();
        let mut key = None;
        loop {
            match (lexer.next(), key.take()) {
                (Token::Word(b"ID") | Token::End, _) => break,
                (Token::Object(Object::Name(name)), None) => key = Some(unabridged(&name).to_vec()),
                (Token::Object(value), Some(key)) if entries.len() < OPERANDS => entries.push((key, value)),
                _ => {}
            }
        }
        let start = lexer.at + 1;
        let rest = lexer.bytes.get(start..).unwrap_or_default();
        // Its end is an EI that white space surrounds and text follows: data may hold the letters by chance.
        let end = memchr::memmem::find_iter(rest, b"EI").find(|at| {
            let before =
                at.checked_sub(1).and_then(|before| rest.get(before)).is_none_or(|byte| byte.is_ascii_whitespace());
            let after = rest.get(at + 2..).unwrap_or_default();
            let after = after.get(..after.len().min(12)).unwrap_or_default();
            before
                && after.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace() || *byte == 0)
                && after.first().is_none_or(|byte| byte.is_ascii_whitespace())
        });
        lexer.at = end.map_or(lexer.bytes.len(), |end| start + end + 2);
        if painted.pictures.len() < SHAPES {
            let data = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().to_vec();
            let source = Source::Inline(Dict::new(entries), data);
            let (matrix, white) = (run.state.matrix, run.state.white);
            painted.pictures.push(Placed { matrix, source, white, number: None });
        }
        run.darken([0.0, 0.0, 1.0, 1.0], painted);
    }

    fn begin(&mut self, place: &Place<'_>, operands: &[Object], run: &mut Run, painted: &mut Painted) {
        run.flush(painted);
        let mut marked = Marked { hidden: false, from: painted.pieces.len(), text: None };
        let named = match operands {
            [.., Object::Name(_), Object::Name(name)] => self.resource(place, b"Properties", name),
            [.., Object::Name(_), Object::Dict(dict)] => Some((None, Rc::new(Object::Dict(dict.clone())))),
            _ => None,
        };
        if let Some((number, object)) = named
            && let Some(dict) = object.dict()
        {
            if matches!(operands, [.., Object::Name(tag), _] if tag == b"OC") {
                marked.hidden =
                    number.is_some_and(|number| self.layers_off.contains(&number)) || self.is_member_off(dict);
            }
            marked.text = self.file.get(dict, b"ActualText").string().map(super::encoding::string);
        }
        if run.marked.len() < SAVED {
            run.marked.push(marked);
        } else {
            run.unmarked += 1;
        }
    }

    fn is_off(&self, layer: Option<&Object>) -> bool {
        match layer {
            Some(Object::Reference(number)) => {
                self.layers_off.contains(number)
                    || self.file.object(*number).dict().is_some_and(|dict| self.is_member_off(dict))
            }
            _ => false,
        }
    }

    /// Whether all layers of a membership are off.
    fn is_member_off(&self, dict: &Dict) -> bool {
        match dict.get(b"OCGs") {
            Some(Object::Reference(number)) => self.layers_off.contains(number),
            Some(Object::Array(items)) if !items.is_empty() => {
                items.iter().all(|item| matches!(item, Object::Reference(number) if self.layers_off.contains(number)))
            }
            _ => false,
        }
    }
}

/// The keys of pictures in drawings are abridged.
fn unabridged(key: &[u8]) -> &[u8] {
    match key {
        b"W" => b"Width",
        b"H" => b"Height",
        b"BPC" => b"BitsPerComponent",
        b"CS" => b"ColorSpace",
        b"F" => b"Filter",
        b"DP" => b"DecodeParms",
        b"D" => b"Decode",
        b"IM" => b"ImageMask",
        key => key,
    }
}

/// The layers that are off when the document is opened.
fn layers_off(file: &File<'_>) -> BTreeSet<u32> {
    let root = file.get(&file.trailer, b"Root");
    let properties = root.dict().map(|root| file.get(root, b"OCProperties"));
    let Some(properties) = properties.as_deref().and_then(Object::dict) else { return BTreeSet::new() };
    let default = file.get(properties, b"D");
    let Some(default) = default.dict() else { return BTreeSet::new() };
    let numbers = |held: Held<'_>| -> BTreeSet<u32> {
        let items = held.array().unwrap_or_default().iter().take(SHAPES);
        items.filter_map(|item| if let Object::Reference(number) = item { Some(*number) } else { None }).collect()
    };
    if default.is(b"BaseState", b"OFF") {
        let on = numbers(file.get(default, b"ON"));
        return numbers(file.get(properties, b"OCGs")).difference(&on).copied().collect();
    }
    numbers(file.get(default, b"OFF"))
}

/// A value of a page, which it may have from the nodes above it.
pub(super) fn inherited<'o>(file: &File<'_>, page: &'o Dict, key: &[u8]) -> Held<'o> {
    let own = file.get(page, key);
    if !matches!(*own, Object::Null) {
        return own;
    }
    let mut node = match file.get(page, b"Parent") {
        Held::There(node) => node,
        Held::Here(node) => Rc::new(node.clone()),
    };
    for _ in 0..64 {
        let Some(dict) = node.dict() else { break };
        match file.get(dict, key) {
            Held::There(found) if !matches!(*found, Object::Null) => return Held::There(found),
            Held::Here(found) if !matches!(found, Object::Null) => return Held::There(Rc::new(found.clone())),
            _ => {}
        }
        let above = match file.get(dict, b"Parent") {
            Held::There(above) => above,
            Held::Here(_) => break,
        };
        node = above;
    }
    Held::Here(&Object::Null)
}

/// What of a page is seen: left, bottom, right, top.
pub(super) fn page_box(file: &File<'_>, page: &Dict) -> Option<[f32; 4]> {
    let rectangle = |key: &[u8]| {
        let held = inherited(file, page, key);
        let items = held.array()?;
        let mut sides = [0.0; 4];
        for (side, item) in sides.iter_mut().zip(items) {
            *side = file.resolve(item).float()?;
        }
        let [x, y, u, v] = sides;
        let area = [x.min(u), y.min(v), x.max(u), y.max(v)];
        (area[2] - area[0] > 1.0 && area[3] - area[1] > 1.0).then_some(area)
    };
    let media = rectangle(b"MediaBox");
    let Some(crop) = rectangle(b"CropBox") else { return media };
    let Some(media) = media else { return Some(crop) };
    let both = [crop[0].max(media[0]), crop[1].max(media[1]), crop[2].min(media[2]), crop[3].min(media[3])];
    Some(if both[2] > both[0] && both[3] > both[1] { both } else { media })
}

/// The matrix that lays an appearance into the rectangle of its annotation (ISO 32000-1, 12.5.5).
fn onto_rectangle(file: &File<'_>, stream: &Stream, annotation: &Dict) -> Matrix {
    let four = |held: Held<'_>| -> Option<[f32; 4]> {
        let items = held.array().filter(|items| items.len() >= 4)?;
        let mut sides = [0.0; 4];
        for (side, item) in sides.iter_mut().zip(items) {
            *side = file.resolve(item).float()?;
        }
        let [x, y, u, v] = sides;
        Some([x.min(u), y.min(v), x.max(u), y.max(v)])
    };
    let Some(to) = four(file.get(annotation, b"Rect")) else { return IDENTITY };
    let Some(from) = four(file.get(&stream.dict, b"BBox")) else { return [1.0, 0.0, 0.0, 1.0, to[0], to[1]] };
    let matrix = six(file.get(&stream.dict, b"Matrix").array()).unwrap_or(IDENTITY);
    let from = covered(from, matrix);
    let scale = |size: f32, onto: f32| if size.abs() > 0.01 { onto / size } else { 1.0 };
    let (x, y) = (scale(from[2] - from[0], to[2] - to[0]), scale(from[3] - from[1], to[3] - to[1]));
    [x, 0.0, 0.0, y, to[0] - from[0] * x, to[1] - from[1] * y]
}

/// The upright rectangle that a rectangle covers once it is turned.
fn covered(area: [f32; 4], matrix: Matrix) -> [f32; 4] {
    let corners = [(area[0], area[1]), (area[2], area[1]), (area[0], area[3]), (area[2], area[3])];
    let corners = corners.map(|(x, y)| applied(matrix, x, y));
    let fold = |pick: fn(&(f32, f32)) -> f32, least: fn(f32, f32) -> f32| {
        corners.iter().map(pick).reduce(least).unwrap_or(0.0)
    };
    [fold(|c| c.0, f32::min), fold(|c| c.1, f32::min), fold(|c| c.0, f32::max), fold(|c| c.1, f32::max)]
}

impl State {
    fn new(matrix: Matrix) -> Self {
        Self {
            matrix,
            font: None,
            size: 0.0,
            leading: 0.0,
            character: 0.0,
            word: 0.0,
            stretch: 1.0,
            rise: 0.0,
            white: false,
            invisible: false,
        }
    }
}

/// Marked content that is open.
struct Marked {
    hidden: bool,
    /// The pieces that were there before it.
    from: usize,
    /// What stands for all that is drawn in it.
    text: Option<String>,
}

struct Run {
    saved: Vec<State>,
    state: State,
    text: Matrix,
    line: Matrix,
    hidden: bool,
    marked: Vec<Marked>,
    unmarked: u32,
    piece: Option<Piece>,
    /// Corners of the path being made, a part each.
    path: Vec<Vec<(f32, f32)>>,
}

impl Run {
    fn new(state: State, hidden: bool) -> Self {
        Self {
            saved: Vec::new(),
            state,
            text: IDENTITY,
            line: IDENTITY,
            hidden,
            marked: Vec::new(),
            unmarked: 0,
            piece: None,
            path: Vec::new(),
        }
    }

    fn is_hidden(&self) -> bool {
        self.hidden || self.marked.iter().any(|marked| marked.hidden)
    }

    fn operate(&mut self, word: &[u8], operands: &[Object], painted: &mut Painted) {
        match word {
            b"q" if self.saved.len() < SAVED => self.saved.push(self.state.clone()),
            b"Q" => self.state = self.saved.pop().unwrap_or_else(|| self.state.clone()),
            b"cm" => self.state.matrix = product(six(Some(operands)).unwrap_or(IDENTITY), self.state.matrix),
            b"BT" => (self.text, self.line) = (IDENTITY, IDENTITY),
            b"TL" => self.state.leading = float(operands, 0),
            b"Tc" => self.state.character = float(operands, 0),
            b"Tw" => self.state.word = float(operands, 0),
            b"Tz" => self.state.stretch = float(operands, 0) / 100.0,
            b"Tr" => self.state.invisible = float(operands, 0) as i32 == 3,
            b"Ts" => self.state.rise = float(operands, 0),
            b"Td" => self.next_line(float(operands, 0), float(operands, 1)),
            b"TD" => {
                self.state.leading = -float(operands, 1);
                self.next_line(float(operands, 0), float(operands, 1));
            }
            b"Tm" => {
                let matrix = six(Some(operands)).unwrap_or(IDENTITY);
                (self.text, self.line) = (matrix, matrix);
            }
            b"T*" => self.next_line(0.0, -self.state.leading),
            b"Tj" => self.show(operands.last(), painted),
            b"'" => {
                self.next_line(0.0, -self.state.leading);
                self.show(operands.last(), painted);
            }
            b"\"" => {
                self.state.word = float(operands, 0);
                self.state.character = float(operands, 1);
                self.next_line(0.0, -self.state.leading);
                self.show(operands.get(2), painted);
            }
            b"TJ" => {
                for element in operands.last().and_then(Object::array).unwrap_or_default() {
                    match element.float() {
                        Some(back) => self.advance(-back / 1000.0 * self.state.size),
                        None => self.show(Some(element), painted),
                    }
                }
            }
            b"EMC" if self.unmarked > 0 => self.unmarked -= 1,
            b"EMC" => self.end(painted),
            b"g" | b"rg" | b"k" | b"sc" => self.color(operands),
            b"cs" => self.state.white = false,
            _ => self.shape(word, operands, painted),
        }
    }

    fn color(&mut self, operands: &[Object]) {
        let mut parts = [0.0; 4];
        for (part, operand) in parts.iter_mut().zip(operands) {
            *part = operand.float().unwrap_or(0.0);
        }
        self.state.white = match operands.len() {
            1 => parts[0] > 0.99,
            3 => parts[..3].iter().all(|part| *part > 0.99),
            4 => parts.iter().all(|part| *part < 0.01),
            _ => false,
        };
    }

    /// Paths: where lines and dark areas lie.
    fn shape(&mut self, word: &[u8], operands: &[Object], painted: &mut Painted) {
        let at = |x: usize| applied(self.state.matrix, float(operands, x), float(operands, x + 1));
        match word {
            b"m" if self.path.len() < SHAPES => self.path.push(vec![at(0)]),
            b"l" => {
                let corner = at(0);
                if let Some(part) = self.path.last_mut().filter(|part| part.len() < 64) {
                    part.push(corner);
                }
            }
            b"c" | b"v" | b"y" => {
                // A curve is no rule; what it encloses is told by its ends.
                let corner = at(if word == b"c" { 4 } else { 2 });
                if let Some(part) = self.path.last_mut().filter(|part| part.len() < 64) {
                    part.push((f32::NAN, f32::NAN));
                    part.push(corner);
                }
            }
            b"re" if self.path.len() < SHAPES => {
                let [x, y, width, height] = std::array::from_fn(|index| float(operands, index));
                let corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)];
                self.path.push(corners.iter().map(|(x, y)| applied(self.state.matrix, *x, *y)).collect());
            }
            b"h" => self.close(),
            b"f" | b"F" | b"f*" => self.paint(true, false, painted),
            b"S" => self.paint(false, true, painted),
            b"s" => {
                self.close();
                self.paint(false, true, painted);
            }
            b"B" | b"B*" => self.paint(true, true, painted),
            b"b" | b"b*" => {
                self.close();
                self.paint(true, true, painted);
            }
            b"n" => self.path.clear(),
            b"sh" => self.darken([-1e5, -1e5, 1e5, 1e5], painted),
            _ => {}
        }
    }

    fn close(&mut self) {
        if let Some(part) = self.path.last_mut()
            && let Some(first) = part.first().copied()
        {
            part.push(first);
        }
    }

    fn paint(&mut self, filled: bool, stroked: bool, painted: &mut Painted) {
        for part in std::mem::take(&mut self.path) {
            let known = part.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
            let area = known.fold([f32::MAX, f32::MAX, f32::MIN, f32::MIN], |area, (x, y)| {
                [area[0].min(*x), area[1].min(*y), area[2].max(*x), area[3].max(*y)]
            });
            if area[0] > area[2] {
                continue;
            }
            if filled {
                if !self.state.white && painted.dark.len() < SHAPES {
                    painted.dark.push(area);
                }
                if part.len() <= 6 && painted.rules.len() < SHAPES && !self.state.white {
                    painted.rules.extend(Rule::of_area(area));
                }
            }
            if stroked && painted.rules.len() < SHAPES {
                for pair in part.windows(2) {
                    if let [one, two] = pair {
                        painted.rules.extend(Rule::between(*one, *two));
                    }
                }
            }
        }
    }

    /// Notes a dark area, given in the space of the moment.
    fn darken(&self, area: [f32; 4], painted: &mut Painted) {
        if painted.dark.len() < SHAPES {
            painted.dark.push(covered(area, self.state.matrix));
        }
    }

    fn next_line(&mut self, x: f32, y: f32) {
        self.line = product([1.0, 0.0, 0.0, 1.0, x, y], self.line);
        self.text = self.line;
    }

    /// Moves the pen along the line.
    fn advance(&mut self, by: f32) {
        let vertical = self.state.font.as_ref().is_some_and(|font| font.vertical);
        let (x, y) = if vertical { (0.0, by) } else { (by * self.state.stretch, 0.0) };
        let [a, b, c, d, e, f] = self.text;
        self.text = [a, b, c, d, e + x * a + y * c, f + x * b + y * d];
    }

    fn show(&mut self, string: Option<&Object>, painted: &mut Painted) {
        let (Some(Object::String(bytes)), Some(font)) = (string, self.state.font.clone()) else { return };
        let [a, b, c, d, ..] = product(self.text, self.state.matrix);
        // Text of size minus twelve in a mirrored space stands upright.
        let size = self.state.size;
        let up = (c * size, d * size);
        let height = up.0.hypot(up.1);
        let mut along = (a * size * self.state.stretch, b * size * self.state.stretch);
        if font.vertical {
            along = (-up.0, -up.1);
        }
        let hidden = self.is_hidden();
        let visible_white = self.state.white && !self.state.invisible && !hidden;
        font.each(bytes, |shown| {
            let start = applied(product(self.text, self.state.matrix), 0.0, self.state.rise);
            let spacing = self.state.character + if shown.is_space { self.state.word } else { 0.0 };
            if font.vertical {
                self.advance(-(shown.width * size) - spacing);
            } else {
                self.advance(shown.width * size + spacing);
            }
            let text = match shown.text {
                Some("") => return,
                Some(text) => text,
                None => {
                    painted.unmapped += 1;
                    "\u{fffd}"
                }
            };
            painted.codes += u32::from(text != " ");
            painted.invisible += u32::from(text != " " && self.state.invisible);
            // Letters spaced out are one word all the same.
            let spaced = if size.abs() > 0.01 { (self.state.character / size.abs()).clamp(-1.0, 1.0) } else { 0.0 };
            let width = shown.width + spaced;
            let end = (start.0 + width * along.0, start.1 + width * along.1);
            let hidden = hidden || visible_white && !painted.is_dark(start, height);
            let piece = &mut self.piece;
            if !piece.as_mut().is_some_and(|piece| piece.push(text, start, end, height, along, hidden)) {
                painted.pieces.extend(piece.take());
                *piece = Piece::begin(text, start, end, height, along, hidden);
            }
        });
    }

    fn flush(&mut self, painted: &mut Painted) {
        painted.pieces.extend(self.piece.take());
    }

    /// Ends marked content: what stands for it replaces what was drawn.
    fn end(&mut self, painted: &mut Painted) {
        self.flush(painted);
        let Some(Marked { from, text: Some(text), .. }) = self.marked.pop() else { return };
        let Some(mut first) = painted.pieces.get_mut(from).map(std::mem::take) else { return };
        for piece in painted.pieces.drain(from..).skip(1) {
            first.widen(&piece);
        }
        first.replace(&text);
        if !first.is_empty() {
            painted.pieces.push(first);
        }
    }
}

impl Painted {
    /// Whether something dark was drawn where a letter stands.
    fn is_dark(&mut self, (x, y): (f32, f32), height: f32) -> bool {
        self.looks += self.dark.len() as u64;
        if self.looks > LOOKS {
            return true;
        }
        let y = y + height * 0.3;
        let x = x + height * 0.2;
        self.dark.iter().any(|area| area[0] <= x && x <= area[2] && area[1] <= y && y <= area[3])
    }
}

/// `one` applied first, then `two`.
pub(super) fn product(one: Matrix, two: Matrix) -> Matrix {
    let [a, b, c, d, e, f] = one;
    let [g, h, i, j, k, l] = two;
    [a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l]
}

fn applied([a, b, c, d, e, f]: Matrix, x: f32, y: f32) -> (f32, f32) {
    (a * x + c * y + e, b * x + d * y + f)
}

fn six(operands: Option<&[Object]>) -> Option<Matrix> {
    let operands = operands.filter(|operands| operands.len() >= 6)?;
    Some(std::array::from_fn(|index| float(operands, index)))
}

fn float(operands: &[Object], index: usize) -> f32 {
    operands.get(index).and_then(Object::float).unwrap_or(0.0)
}
