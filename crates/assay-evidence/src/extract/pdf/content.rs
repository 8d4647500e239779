//! Runs the drawing of a page as far as text goes: where each string stands, how large, in which direction.
//!
//! Paths, colours and clipping are passed over; text drawn in no colour (an OCR layer) counts as seen.

use super::font::Font;
use super::layout::Piece;
use super::{dict, get, inflated, resolved};
use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Operations run for one document: some hundred times what the densest pages of a thousand take.
const OPERATIONS: u64 = 50_000_000;

/// The largest drawing run, bytes: dense maps reach a few million.
const CONTENT: u64 = 16 << 20;

/// Drawings within drawings.
const DEPTH: u32 = 16;

/// Saved graphics states within one another; readers promise 28.
const SAVED: usize = 512;

type Matrix = [f32; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// Runs pages of one document.
pub(super) struct Painter<'d> {
    document: &'d Document,
    fonts: BTreeMap<ObjectId, Rc<Font>>,
    operations_left: u64,
    /// Whether a drawing was larger than [`CONTENT`], or not decoded.
    lost: bool,
}

/// What a page shows.
#[derive(Default)]
pub(super) struct Painted {
    pub(super) pieces: Vec<Piece>,
    pub(super) images: u32,
    /// Codes whose characters their font does not tell.
    pub(super) unmapped: u32,
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
}

impl<'d> Painter<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self { document, fonts: BTreeMap::new(), operations_left: OPERATIONS, lost: false }
    }

    /// Whether some of the drawing was not run.
    pub(super) fn is_incomplete(&self) -> bool {
        self.lost || self.operations_left == 0
    }

    pub(super) fn page(&mut self, page: ObjectId) -> Painted {
        let mut painted = Painted::default();
        if self.operations_left == 0 {
            return painted;
        }
        let mut content = Vec::new();
        for id in self.document.get_page_contents(page) {
            let Some(stream) = self.document.get_object(id).ok().and_then(|object| object.as_stream().ok()) else {
                continue;
            };
            match inflated(stream, CONTENT) {
                Ok(bytes) => content.extend_from_slice(&bytes),
                Err(_) => self.lost = true,
            }
            content.push(b'\n');
        }
        let resources = self.resources(page);
        self.run(&content, resources, State::new(IDENTITY), DEPTH, &mut painted);
        painted
    }

    /// Takes from the operations left; false where none are.
    fn charge(&mut self, cost: u64) -> bool {
        self.operations_left = self.operations_left.saturating_sub(cost);
        self.operations_left > 0
    }

    /// The resources of a page, which it may have from the nodes above it.
    fn resources(&self, page: ObjectId) -> Option<&'d Dictionary> {
        let mut node = self.document.get_dictionary(page).ok()?;
        for _ in 0..64 {
            if let Some(resources) = dict(self.document, node, b"Resources") {
                return Some(resources);
            }
            node = dict(self.document, node, b"Parent")?;
        }
        None
    }

    fn run(
        &mut self,
        content: &[u8],
        resources: Option<&'d Dictionary>,
        state: State,
        depth: u32,
        painted: &mut Painted,
    ) {
        // What is decoded again and again costs its size each time.
        if !self.charge(content.len() as u64 / 16) {
            return;
        }
        let Ok(content) = Content::decode(content) else { return };
        let mut run = Run { saved: Vec::new(), state, text: IDENTITY, line: IDENTITY };
        for operation in &content.operations {
            if !self.charge(1) {
                return;
            }
            let operands = &operation.operands;
            match operation.operator.as_str() {
                "Tf" => {
                    run.state.font = operands.first().and_then(|name| self.font(resources, name));
                    run.state.size = float(operands, 1);
                }
                "Do" => {
                    if let Some(stream) = operands.first().and_then(|name| self.drawing(resources, name)) {
                        self.draw(stream, resources, &run.state, depth, painted);
                    }
                }
                "BI" => painted.images += 1,
                _ => run.operate(operation, painted),
            }
        }
    }

    fn drawing(&self, resources: Option<&'d Dictionary>, name: &Object) -> Option<&'d Stream> {
        let drawings = dict(self.document, resources?, b"XObject")?;
        get(self.document, drawings, name.as_name().ok()?)?.as_stream().ok()
    }

    fn draw(
        &mut self,
        stream: &'d Stream,
        around: Option<&'d Dictionary>,
        state: &State,
        depth: u32,
        painted: &mut Painted,
    ) {
        match stream.dict.get(b"Subtype").and_then(Object::as_name) {
            Ok(b"Image") => painted.images += 1,
            Ok(b"Form") if depth > 0 => {
                let Ok(content) = inflated(stream, CONTENT) else {
                    self.lost = true;
                    return;
                };
                let own = dict(self.document, &stream.dict, b"Resources").or(around);
                let matrix = get(self.document, &stream.dict, b"Matrix").and_then(|matrix| matrix.as_array().ok());
                let matrix = matrix.map_or(IDENTITY, |matrix| six(matrix));
                let inner = State { matrix: product(matrix, state.matrix), ..state.clone() };
                self.run(&content, own, inner, depth - 1, painted);
            }
            _ => {}
        }
    }

    fn font(&mut self, resources: Option<&'d Dictionary>, name: &Object) -> Option<Rc<Font>> {
        let fonts = dict(self.document, resources?, b"Font")?;
        let object = fonts.get(name.as_name().ok()?).ok()?;
        let font = resolved(self.document, object)?.as_dict().ok()?;
        let Object::Reference(id) = object else {
            // It has no name to be kept under.
            return self.charge(1000).then(|| Rc::new(Font::of(self.document, font)));
        };
        let document = self.document;
        Some(self.fonts.entry(*id).or_insert_with(|| Rc::new(Font::of(document, font))).clone())
    }
}

impl State {
    fn new(matrix: Matrix) -> Self {
        Self { matrix, font: None, size: 0.0, leading: 0.0, character: 0.0, word: 0.0, stretch: 1.0, rise: 0.0 }
    }
}

struct Run {
    saved: Vec<State>,
    state: State,
    text: Matrix,
    line: Matrix,
}

impl Run {
    fn operate(&mut self, operation: &Operation, painted: &mut Painted) {
        let operands = &operation.operands;
        match operation.operator.as_str() {
            "q" if self.saved.len() < SAVED => self.saved.push(self.state.clone()),
            "Q" => self.state = self.saved.pop().unwrap_or_else(|| self.state.clone()),
            "cm" => self.state.matrix = product(six(operands), self.state.matrix),
            "BT" => (self.text, self.line) = (IDENTITY, IDENTITY),
            "TL" => self.state.leading = float(operands, 0),
            "Tc" => self.state.character = float(operands, 0),
            "Tw" => self.state.word = float(operands, 0),
            "Tz" => self.state.stretch = float(operands, 0) / 100.0,
            "Ts" => self.state.rise = float(operands, 0),
            "Td" => self.next_line(float(operands, 0), float(operands, 1)),
            "TD" => {
                self.state.leading = -float(operands, 1);
                self.next_line(float(operands, 0), float(operands, 1));
            }
            "Tm" => (self.text, self.line) = (six(operands), six(operands)),
            "T*" => self.next_line(0.0, -self.state.leading),
            "Tj" => self.show(operands.first(), painted),
            "'" => {
                self.next_line(0.0, -self.state.leading);
                self.show(operands.first(), painted);
            }
            "\"" => {
                self.state.word = float(operands, 0);
                self.state.character = float(operands, 1);
                self.next_line(0.0, -self.state.leading);
                self.show(operands.get(2), painted);
            }
            "TJ" => {
                for element in operands.first().and_then(|array| array.as_array().ok()).into_iter().flatten() {
                    match element.as_float() {
                        Ok(back) => self.advance(-back / 1000.0 * self.state.size * self.state.stretch),
                        Err(_) => self.show(Some(element), painted),
                    }
                }
            }
            _ => {}
        }
    }

    fn next_line(&mut self, x: f32, y: f32) {
        self.line = product([1.0, 0.0, 0.0, 1.0, x, y], self.line);
        self.text = self.line;
    }

    fn advance(&mut self, x: f32) {
        self.text = product([1.0, 0.0, 0.0, 1.0, x, 0.0], self.text);
    }

    fn show(&mut self, string: Option<&Object>, painted: &mut Painted) {
        let (Some(Object::String(bytes, _)), Some(font)) = (string, self.state.font.clone()) else { return };
        let shown = font.show(bytes);
        let state = &self.state;
        let spacing = state.character * shown.codes as f32 + state.word * shown.spaces as f32;
        let advance = (shown.advance * state.size + spacing) * state.stretch;
        let start = product([state.size, 0.0, 0.0, state.size, 0.0, state.rise], product(self.text, state.matrix));
        self.advance(advance);
        let end = product([1.0, 0.0, 0.0, 1.0, 0.0, self.state.rise], product(self.text, self.state.matrix));
        painted.unmapped += shown.unmapped;
        painted.pieces.extend(Piece::new(start, (end[4], end[5]), shown.text));
    }
}

/// `one` applied first, then `two`.
fn product(one: Matrix, two: Matrix) -> Matrix {
    let [a, b, c, d, e, f] = one;
    let [g, h, i, j, k, l] = two;
    [a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l]
}

fn six(operands: &[Object]) -> Matrix {
    std::array::from_fn(|index| float(operands, index))
}

fn float(operands: &[Object], index: usize) -> f32 {
    operands.get(index).and_then(|operand| operand.as_float().ok()).unwrap_or(0.0)
}
