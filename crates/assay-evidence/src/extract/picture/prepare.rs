//! A picture made ready for recognition: dark ground turned light, uneven light evened, lines levelled, letters brought to
//! the size at which recognisers are best (x-height of about twenty pixels).
//!
//! All is judged by the marks on the page (connected ink): their heights tell the size of print, the places of their feet the
//! direction of lines. Perspective, folds and handwriting are left as they are.

use super::super::recognise::MOST_PIXELS;
use super::geometry::{levelled, quarters, resized};
use super::{Picture, RecognisedWord};

/// A picture that is ready, and what its marks told.
pub(super) struct Ready {
    pub(super) picture: Picture,
    /// Whether the marks stand in lines.
    pub(super) looks_written: bool,
    /// Whether the lines may as well run down as across.
    pub(super) axis_unsure: bool,
    /// Marks that might be letters.
    pub(super) marks: usize,
    /// Whether it was so small that it had to be enlarged, or has more marks than print: a bad scan, or no print at all.
    pub(super) is_doubtful: bool,
}

/// Fewer marks than this make no word.
pub(super) const FEW_MARKS: usize = 4;

/// The smallest picture in which a word can be read.
const SMALLEST: (u32, u32) = (40, 15);
/// Marks are looked for in no more pixels than this.
const LOOKED_AT: usize = 6 << 20;
/// Heights of x between which recognisers read well, and what is aimed at otherwise, pixels.
const GOOD_HEIGHT: std::ops::RangeInclusive<f32> = 14.0..=42.0;
const AIM: f32 = 22.0;
/// Enlargement beyond which it is looked first whether there is print at all.
const COARSE: f32 = 2.2;
/// Marks beyond which it is, too: twice the letters of a full page.
pub(super) const PRINT: usize = 6000;
/// The largest width and the least height of a stretch, pixels: some words of four lines.
const STRETCH: (u32, u32) = (760, 220);
/// A picture that does not look written is searched for words at this size, pixels.
const SEARCHED: f32 = 3_000_000.0;

/// Makes a picture ready; none where it can hold no word.
pub(super) fn ready(picture: &Picture) -> Option<Ready> {
    if picture.width.max(picture.height) < SMALLEST.0 || picture.width.min(picture.height) < SMALLEST.1 {
        return None;
    }
    let mut picture = within(picture.clone(), MOST_PIXELS as f32);
    let shades = Shades::of(&picture.grey);
    if shades.at(0.999) - shades.at(0.001) < 30 {
        return None;
    }
    if shades.below(shades.threshold()) > 0.7 {
        picture.grey.iter_mut().for_each(|grey| *grey = 255 - *grey);
    }
    even_light(&mut picture);
    clear_specks(&mut picture);
    let marks = Marks::of(&picture);
    let lines = marks.lines();
    if lines.written && lines.down > lines.across * 1.25 {
        picture = quarters(&picture, 1);
        // Lines that ran down and to the right fall to the left once turned.
        let slope = -lines.slope_down;
        picture = level(picture, slope);
    } else if lines.written {
        picture = level(picture, lines.slope_across);
    }
    let factor = marks.height().map_or_else(
        || by_resolution(&picture),
        |height| {
            if GOOD_HEIGHT.contains(&height) { 1.0 } else { (AIM / height).clamp(0.2, 4.0) }
        },
    );
    let room = (MOST_PIXELS as f32 / picture.grey.len() as f32).sqrt();
    let factor = factor.min(room);
    if (factor - 1.0).abs() > 0.05 {
        picture = resized(&picture, factor);
    }
    if !lines.written {
        picture = within(picture, SEARCHED);
    }
    let axis_unsure = lines.down > lines.across * 0.7 && lines.across > lines.down * 0.7;
    let is_doubtful = factor > COARSE || marks.letters.len() > PRINT;
    Some(Ready { picture, looks_written: lines.written, axis_unsure, marks: marks.letters.len(), is_doubtful })
}

/// A stretch of a few lines of a picture, and where it lies.
pub(super) struct Stretch {
    pub(super) picture: Picture,
    left: u32,
    top: u32,
}

impl Stretch {
    /// Whether the middle of a word of the whole picture lies in it.
    pub(super) fn holds(&self, word: &RecognisedWord) -> bool {
        let (across, down) = (word.left.saturating_add(word.width / 2), word.top.saturating_add(word.height / 2));
        (self.left..self.left + self.picture.width).contains(&across)
            && (self.top..self.top + self.picture.height).contains(&down)
    }
}

/// Up to two stretches of a few lines of a picture, where it has the most marks; none of a picture that is hardly larger.
pub(super) fn stretches(picture: &Picture) -> Vec<Stretch> {
    let high = (picture.height / 8).max(STRETCH.1);
    let wide = picture.width.min(STRETCH.0);
    if u64::from(high) * u64::from(wide) * 3 > picture.grey.len() as u64 {
        return Vec::new();
    }
    let marks = Marks::of(picture);
    let middle = |low: u32, high: u32| (low + high) / 2 * marks.scale as u32;
    let places: Vec<(u32, u32)> =
        marks.letters.iter().map(|mark| (middle(mark.left, mark.right), middle(mark.top, mark.bottom))).collect();
    let mut taken: Vec<(u32, u32)> = Vec::new();
    for _ in 0..2 {
        let mut best = (0, None);
        for top in (0..=picture.height - high).step_by((high / 3).max(1) as usize) {
            for left in (0..=picture.width - wide).step_by((wide / 3).max(1) as usize) {
                let apart = |(x, y): &(u32, u32)| x.abs_diff(left) >= wide || y.abs_diff(top) >= high;
                let inside = |(x, y): &&(u32, u32)| (left..left + wide).contains(x) && (top..top + high).contains(y);
                let count = places.iter().filter(inside).count();
                if count > best.0 && taken.iter().all(apart) {
                    best = (count, Some((left, top)));
                }
            }
        }
        taken.extend(best.1);
    }
    let cut = |(left, top): (u32, u32)| {
        let rows = picture.grey.chunks_exact(picture.width as usize).skip(top as usize).take(high as usize);
        let grey = rows.flat_map(|row| row.get(left as usize..(left + wide) as usize).unwrap_or_default()).copied();
        let picture = Picture { width: wide, height: high, grey: grey.collect(), resolution: picture.resolution };
        Stretch { picture, left, top }
    };
    taken.into_iter().map(cut).collect()
}

/// A picture of no more pixels than `most`.
fn within(picture: Picture, most: f32) -> Picture {
    let factor = (most / picture.grey.len().max(1) as f32).sqrt();
    if factor < 1.0 { resized(&picture, factor * 0.999) } else { picture }
}

fn level(picture: Picture, slope: f32) -> Picture {
    // A third of a degree: below it recognisers do as well by themselves.
    if slope.abs() < 0.006 {
        return picture;
    }
    let paper = Shades::of(&picture.grey).at(0.8);
    levelled(&picture, slope, paper)
}

/// Without letters to go by, what the file says of its resolution.
fn by_resolution(picture: &Picture) -> f32 {
    match picture.resolution {
        Some(dots @ 50..150) => 300.0 / f32::from(dots),
        Some(dots @ 500..) => 300.0 / f32::from(dots),
        None if picture.width.max(picture.height) < 800 => 2.0,
        _ => 1.0,
    }
}

/// How often each shade occurs.
struct Shades {
    counts: [u64; 256],
    all: u64,
}

impl Shades {
    fn of(grey: &[u8]) -> Self {
        let mut counts = [0; 256];
        grey.iter().for_each(|shade| counts[usize::from(*shade)] += 1);
        Self { counts, all: grey.len() as u64 }
    }

    /// The shade below which a share of the pixels lies.
    fn at(&self, share: f64) -> u8 {
        let wanted = (self.all as f64 * share) as u64;
        let mut sum = 0;
        let place = self.counts.iter().position(|count| {
            sum += count;
            sum > wanted
        });
        place.map_or(255, |place| place as u8)
    }

    /// The share of pixels darker than a shade.
    fn below(&self, shade: u8) -> f64 {
        let sum: u64 = self.counts.iter().take(usize::from(shade)).sum();
        sum as f64 / self.all.max(1) as f64
    }

    /// The shade that parts dark from light best (N. Otsu, IEEE Trans. SMC 9, 1979).
    fn threshold(&self) -> u8 {
        let total: f64 = self.counts.iter().enumerate().map(|(shade, count)| shade as f64 * *count as f64).sum();
        let all = self.all as f64;
        let (mut dark, mut dark_sum) = (0.0, 0.0);
        let mut best = (0.0, 128);
        for (shade, count) in self.counts.iter().enumerate() {
            dark += *count as f64;
            dark_sum += shade as f64 * *count as f64;
            if dark == 0.0 || dark == all {
                continue;
            }
            let apart = dark_sum / dark - (total - dark_sum) / (all - dark);
            let between = dark * (all - dark) * apart * apart;
            if between > best.0 {
                best = (between, shade + 1);
            }
        }
        best.1.min(255) as u8
    }
}

/// Takes out single dark and light pixels where a page is strewn with them, as faxes and bad scans are.
fn clear_specks(picture: &mut Picture) {
    let width = picture.width as usize;
    let middle = Shades::of(&picture.grey).threshold();
    // A pixel that differs from all its eight neighbours.
    let stands_out = |rows: [&[u8]; 3], x: usize| {
        let own = rows[1].get(x).copied().unwrap_or(255);
        let dark = own < middle;
        let around = rows.iter().enumerate().flat_map(|(n, row)| {
            let row = row.get(x.saturating_sub(1)..(x + 2).min(row.len())).unwrap_or_default();
            row.iter().enumerate().filter(move |(k, _)| n != 1 || *k + x.saturating_sub(1) != x).map(|(_, grey)| *grey)
        });
        let (mut alike, mut sum, mut count) = (0, 0_u32, 0_u32);
        for grey in around {
            alike += u32::from((grey < middle) == dark);
            sum += u32::from(grey);
            count += 1;
        }
        (alike <= 1 && count >= 5).then(|| (sum / count) as u8)
    };
    let mut cleared = picture.grey.clone();
    let mut specks = 0;
    let rows: Vec<&[u8]> = picture.grey.chunks_exact(width.max(1)).collect();
    for (y, around) in rows.windows(3).enumerate() {
        let [above, own, below] = around else { continue };
        for x in 0..width {
            if let Some(shade) = stands_out([above, own, below], x) {
                specks += 1;
                if let Some(pixel) = cleared.get_mut((y + 1) * width + x) {
                    *pixel = shade;
                }
            }
        }
    }
    // Fewer are dots of letters and of thin print.
    if specks * 400 > picture.grey.len() {
        picture.grey = cleared;
    }
}

/// Divides a picture by the brightness of its paper, where that differs over the page as on a photograph.
fn even_light(picture: &mut Picture) {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let cell = (width.max(height) / 48).max(24);
    let (across, down) = (width.div_ceil(cell), height.div_ceil(cell));
    if across < 3 || down < 3 {
        return;
    }
    let mut paper = Vec::with_capacity(across * down);
    for row in 0..down {
        for column in 0..across {
            let (left, top) = (column * cell, row * cell);
            let mut shades = Vec::new();
            for y in (top..(top + cell).min(height)).step_by(2) {
                let from = y * width;
                let line = picture.grey.get(from + left..from + (left + cell).min(width)).unwrap_or_default();
                shades.extend(line.iter().step_by(2));
            }
            paper.push(f32::from(Shades::of(&shades).at(0.85)));
        }
    }
    let mut sorted = paper.clone();
    sorted.sort_by(f32::total_cmp);
    let share = |share: f32| sorted.get((sorted.len() as f32 * share) as usize).copied().unwrap_or(255.0);
    let (dim, bright) = (share(0.05), share(0.95));
    // Evenly lit, or so dark somewhere that it is no paper there.
    if bright - dim < 36.0 || share(0.25) < 60.0 {
        return;
    }
    let at = |column: isize, row: isize| {
        let (column, row) = (column.clamp(0, across as isize - 1), row.clamp(0, down as isize - 1));
        paper.get(row as usize * across + column as usize).copied().unwrap_or(255.0).max(64.0)
    };
    for (y, line) in picture.grey.chunks_exact_mut(width).enumerate() {
        let v = (y as f32 + 0.5) / cell as f32 - 0.5;
        let (row, fy) = (v.floor(), v - v.floor());
        // The paper under this line, at the middle of each cell.
        let along: Vec<f32> = (-1..=across as isize)
            .map(|column| at(column, row as isize) * (1.0 - fy) + at(column, row as isize + 1) * fy)
            .collect();
        for (x, grey) in line.iter_mut().enumerate() {
            let u = (x as f32 + 0.5) / cell as f32 + 0.5;
            let (column, fx) = (u as usize, u.fract());
            let left = along.get(column).copied().unwrap_or(255.0);
            let right = along.get(column + 1).copied().unwrap_or(left);
            let paper = left * (1.0 - fx) + right * fx;
            *grey = (f32::from(*grey) * 245.0 / paper).min(255.0) as u8;
        }
    }
}

/// Connected ink.
#[derive(Clone, Copy)]
struct Mark {
    left: u32,
    right: u32,
    top: u32,
    bottom: u32,
    ink: u32,
}

/// The marks of a picture that might be letters, in pixels of a picture made smaller by `scale`.
struct Marks {
    letters: Vec<Mark>,
    scale: usize,
    width: usize,
    height: usize,
}

/// Which way lines run.
#[derive(Default)]
struct Lines {
    written: bool,
    across: f32,
    down: f32,
    slope_across: f32,
    slope_down: f32,
}

impl Marks {
    fn of(picture: &Picture) -> Self {
        let scale = ((picture.grey.len() as f32 / LOOKED_AT as f32).sqrt().ceil() as usize).max(1);
        let smaller;
        let looked_at = if scale == 1 {
            picture
        } else {
            smaller = resized(picture, 1.0 / scale as f32);
            &smaller
        };
        let threshold = Shades::of(&looked_at.grey).threshold();
        let (width, height) = (looked_at.width as usize, looked_at.height as usize);
        let mut letters = connected(looked_at, threshold);
        letters.retain(|mark| {
            let (wide, high) = (mark.right - mark.left, mark.bottom - mark.top);
            (4..=(height as u32 / 3).max(12)).contains(&high)
                && wide <= high * 6
                && high <= wide.max(1) * 12
                && mark.ink >= 6
        });
        Self { letters, scale, width, height }
    }

    /// The height of a small letter, pixels of the picture; none where there are too few marks to say.
    fn height(&self) -> Option<f32> {
        let mut heights: Vec<u32> = self.letters.iter().map(|mark| mark.bottom - mark.top).collect();
        if heights.len() < FEW_MARKS {
            return None;
        }
        heights.sort_unstable();
        // Weighted by height: specks are many.
        let half = heights.iter().map(|h| u64::from(*h)).sum::<u64>() / 2;
        let mut sum = 0;
        let middle = heights.iter().find(|height| {
            sum += u64::from(**height);
            sum >= half
        });
        middle.map(|height| (*height as usize * self.scale) as f32 * 0.9)
    }

    fn lines(&self) -> Lines {
        if self.letters.len() < 12 {
            return Lines::default();
        }
        let step = self.letters.len().div_ceil(6_000);
        let letters: Vec<Mark> = self.letters.iter().step_by(step).copied().collect();
        let bin = (self.height().unwrap_or(12.0) / self.scale as f32 / 4.0).max(1.5);
        let points = |x: fn(&Mark) -> u32, y: fn(&Mark) -> u32| -> Vec<(f32, f32)> {
            letters.iter().map(|mark| (x(mark) as f32, y(mark) as f32)).collect()
        };
        let (wide, high) = (self.width as f32, self.height as f32);
        let across = [points(|m| m.left, |m| m.bottom), points(|m| m.left, |m| m.top)];
        let down = [points(|m| m.top, |m| m.left), points(|m| m.top, |m| m.right)];
        let best = |sets: &[Vec<(f32, f32)>; 2], length: f32, extent: f32| {
            let all = sets.iter().map(|points| steepest(points, bin, length, extent));
            all.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default()
        };
        let (across, slope_across) = best(&across, wide, high);
        let (down, slope_down) = best(&down, high, wide);
        Lines { written: across.max(down) > 1.6, across, down, slope_across, slope_down }
    }
}

/// How well points fall into lines at the best slope, against what chance would give; and that slope.
fn steepest(points: &[(f32, f32)], bin: f32, length: f32, extent: f32) -> (f32, f32) {
    // Up to fifteen degrees either way.
    let room = length * 0.27;
    let bins = ((extent + room * 2.0) / bin).ceil() as usize + 2;
    let mut counts = vec![0_u32; bins];
    let mut score = |slope: f32| {
        counts.fill(0);
        for (x, y) in points {
            let place = (y - x * slope + room) / bin;
            if let Some(count) = counts.get_mut(place.max(0.0) as usize) {
                *count += 1;
            }
        }
        counts.iter().map(|count| f64::from(*count) * f64::from(*count)).sum::<f64>()
    };
    let mut best = (0.0, 0.0);
    let mut try_all = |from: f32, step: f32, count: i32| {
        let centre = from;
        // From the middle outwards, so that of equals the smallest slope wins.
        for n in 0..=count {
            for slope in [centre + step * n as f32, centre - step * n as f32] {
                let score = score(slope);
                if score > best.0 * 1.0001 {
                    best = (score, slope);
                }
            }
        }
        best
    };
    let coarse = try_all(0.0, 0.004, 67);
    let (score, slope) = try_all(coarse.1, 0.0008, 5);
    let count = points.len() as f64;
    let chance = count + count * count / (f64::from(extent) / f64::from(bin)).max(1.0);
    ((score / chance) as f32, slope)
}

/// The marks of a picture: runs of dark pixels joined over rows.
fn connected(picture: &Picture, threshold: u8) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let mut parents: Vec<u32> = Vec::new();
    fn root(parents: &mut [u32], mut n: u32) -> u32 {
        while let Some(&parent) = parents.get(n as usize) {
            if parent == n {
                break;
            }
            let above = parents.get(parent as usize).copied().unwrap_or(parent);
            if let Some(place) = parents.get_mut(n as usize) {
                *place = above;
            }
            n = parent;
        }
        n
    }
    let mut before: Vec<(u32, u32, u32)> = Vec::new();
    for (y, row) in picture.grey.chunks_exact(picture.width.max(1) as usize).enumerate() {
        let mut here: Vec<(u32, u32, u32)> = Vec::new();
        let mut x = 0;
        let mut above = 0;
        while let Some(start) = row.get(x..).and_then(|rest| rest.iter().position(|grey| *grey < threshold)) {
            let start = x + start;
            let length = row.get(start..).and_then(|rest| rest.iter().position(|grey| *grey >= threshold));
            let end = length.map_or(row.len(), |length| start + length);
            x = end;
            let (left, right) = (start as u32, end as u32);
            let mut label = None;
            while let Some(&(from, to, over)) = before.get(above) {
                if to < left {
                    above += 1;
                    continue;
                }
                if from > right {
                    break;
                }
                let over = root(&mut parents, over);
                let joined = label.map_or(over, |label: u32| {
                    let (low, high) = (label.min(over), label.max(over));
                    if let Some(place) = parents.get_mut(high as usize) {
                        *place = low;
                    }
                    low
                });
                label = Some(joined);
                if to >= right {
                    break;
                }
                above += 1;
            }
            let label = label.unwrap_or_else(|| {
                let label = marks.len() as u32;
                marks.push(Mark { left, right, top: y as u32, bottom: y as u32 + 1, ink: 0 });
                parents.push(label);
                label
            });
            if let Some(mark) = marks.get_mut(label as usize) {
                mark.left = mark.left.min(left);
                mark.right = mark.right.max(right);
                mark.bottom = y as u32 + 1;
                mark.ink += right - left;
            }
            here.push((left, right, label));
        }
        before = here;
    }
    for n in 0..marks.len() as u32 {
        let whole = root(&mut parents, n);
        if whole != n
            && let Some(part) = marks.get(n as usize).copied()
            && let Some(mark) = marks.get_mut(whole as usize)
        {
            mark.left = mark.left.min(part.left);
            mark.right = mark.right.max(part.right);
            mark.top = mark.top.min(part.top);
            mark.bottom = mark.bottom.max(part.bottom);
            mark.ink += part.ink;
        }
    }
    let whole = |n: &usize| parents.get(*n).is_some_and(|parent| *parent as usize == *n);
    (0..marks.len()).filter(whole).filter_map(|n| marks.get(n).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of little boxes, as letters on lines that fall by `slope`.
    fn page(slope: f32) -> Picture {
        let (width, height) = (600_u32, 400_u32);
        let mut grey = vec![250; (width * height) as usize];
        for line in 0..12 {
            for letter in 0..40 {
                let left = 40 + letter * 13;
                let top = 60 + line * 24 + (left as f32 * slope) as i32;
                for y in top..top + 10 + (letter % 3) {
                    for x in left..left + 6 {
                        if (0..height as i32).contains(&y) {
                            grey[(y * width as i32 + x) as usize] = 20;
                        }
                    }
                }
            }
        }
        Picture { width, height, grey, resolution: None }
    }

    #[test]
    fn marks_tell_the_direction_of_lines_and_the_size_of_print() {
        for slope in [0.0, 0.05, -0.08] {
            let marks = Marks::of(&page(slope));
            assert_eq!(marks.letters.len(), 480);
            let lines = marks.lines();
            assert!(lines.written && (lines.slope_across - slope).abs() < 0.01, "{slope}: {}", lines.slope_across);
            assert!(lines.across > lines.down, "{slope}: {} {}", lines.across, lines.down);
            let turned = Marks::of(&quarters(&page(slope), 3)).lines();
            assert!(turned.down > turned.across, "{slope}: {} {}", turned.across, turned.down);
        }
        let ready = ready(&page(0.0)).unwrap();
        assert!(ready.looks_written && ready.picture.width > 1000, "print was enlarged to {}", ready.picture.width);
    }

    #[test]
    fn a_dark_ground_is_turned_light_and_a_shadow_is_taken_out() {
        let mut dark = page(0.0);
        dark.grey.iter_mut().for_each(|grey| *grey = 255 - *grey);
        let ready_dark = ready(&dark).unwrap();
        assert!(Shades::of(&ready_dark.picture.grey).at(0.5) > 200);
        let mut shadowed = page(0.0);
        let width = shadowed.width as usize;
        for (n, grey) in shadowed.grey.iter_mut().enumerate() {
            *grey = (u32::from(*grey) * (90 + (n % width) as u32 / 4) / 255) as u8;
        }
        even_light(&mut shadowed);
        let paper: Vec<u8> = [5, 300, 590].map(|x| shadowed.grey[width * 5 + x]).to_vec();
        assert!(paper.iter().all(|grey| *grey > 225), "{paper:?}");
    }

    #[test]
    fn what_can_hold_no_word_is_passed_over() {
        let flat = Picture { width: 300, height: 300, grey: vec![90; 90_000], resolution: None };
        assert!(ready(&flat).is_none());
        let icon = Picture { width: 16, height: 16, grey: (0..=255).collect(), resolution: None };
        assert!(ready(&icon).is_none());
    }
}
