//! Pictures turned, mirrored, rotated and resized.

use super::Picture;

/// A picture that stands as its EXIF orientation (1 to 8) says; any other number changes nothing.
pub(super) fn oriented(picture: Picture, orientation: u16) -> Picture {
    match orientation {
        2 => mirrored(picture),
        3 => quarters(&picture, 2),
        4 => mirrored(quarters(&picture, 2)),
        5 => mirrored(quarters(&picture, 1)),
        6 => quarters(&picture, 1),
        7 => mirrored(quarters(&picture, 3)),
        8 => quarters(&picture, 3),
        _ => picture,
    }
}

fn mirrored(mut picture: Picture) -> Picture {
    let width = picture.width.max(1) as usize;
    picture.grey.chunks_mut(width).for_each(<[u8]>::reverse);
    picture
}

/// A picture turned clockwise by quarters.
pub(super) fn quarters(picture: &Picture, quarters: u8) -> Picture {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let mut turned = picture.clone();
    match quarters % 4 {
        0 => return turned,
        2 => {
            turned.grey.reverse();
            return turned;
        }
        quarter => {
            (turned.width, turned.height) = (picture.height, picture.width);
            turned.grey.clear();
            for across in 0..width {
                let column = if quarter == 1 { across } else { width - 1 - across };
                let down = picture.grey.iter().skip(column).step_by(width).copied();
                if quarter == 1 {
                    // The lowest row comes to lie at the left.
                    turned.grey.extend(down.take(height));
                    let from = turned.grey.len() - height.min(turned.grey.len());
                    turned.grey.get_mut(from..).unwrap_or_default().reverse();
                } else {
                    turned.grey.extend(down.take(height));
                }
            }
        }
    }
    turned
}

/// For each place of an output line: where its sources begin, and their weights.
fn weights(from: usize, to: usize) -> Vec<(usize, Vec<f32>)> {
    let scale = from as f32 / to as f32;
    // Smaller: each output takes in all that it covers. Larger: a cubic through four neighbours (Catmull and Rom).
    let reach = if scale > 1.0 { scale } else { 2.0 };
    let weight = |distance: f32| {
        let t = distance.abs();
        if scale > 1.0 {
            (1.0 - t / scale).max(0.0)
        } else if t < 1.0 {
            1.5 * t * t * t - 2.5 * t * t + 1.0
        } else if t < 2.0 {
            -0.5 * t * t * t + 2.5 * t * t - 4.0 * t + 2.0
        } else {
            0.0
        }
    };
    let place = |n: usize| {
        let centre = (n as f32 + 0.5) * scale - 0.5;
        let first = (centre - reach).ceil().max(0.0) as usize;
        let last = ((centre + reach).floor().max(0.0) as usize).min(from.saturating_sub(1));
        let mut all: Vec<f32> = (first..=last.max(first)).map(|source| weight(source as f32 - centre)).collect();
        let sum: f32 = all.iter().sum();
        if sum.abs() > f32::EPSILON {
            all.iter_mut().for_each(|weight| *weight /= sum);
        }
        (first.min(from.saturating_sub(1)), all)
    };
    (0..to).map(place).collect()
}

/// A picture of another size.
pub(super) fn resized(picture: &Picture, factor: f32) -> Picture {
    let side = |side: u32| ((side as f32 * factor).round() as u32).max(1);
    let (width, height) = (side(picture.width), side(picture.height));
    let across = weights(picture.width as usize, width as usize);
    let down = weights(picture.height as usize, height as usize);
    let mut wide: Vec<u8> = Vec::with_capacity(width as usize * picture.height as usize);
    for row in picture.grey.chunks_exact(picture.width.max(1) as usize) {
        wide.extend(across.iter().map(|(first, weights)| {
            let sources = row.get(*first..).unwrap_or_default();
            sources.iter().zip(weights).map(|(grey, weight)| f32::from(*grey) * weight).sum::<f32>().round() as u8
        }));
    }
    let mut grey: Vec<u8> = Vec::with_capacity(width as usize * height as usize);
    let mut sums = vec![0.0_f32; width as usize];
    for (first, weights) in &down {
        sums.fill(0.0);
        for (n, weight) in weights.iter().enumerate() {
            let from = (first + n) * width as usize;
            let row = wide.get(from..from + width as usize).unwrap_or_default();
            sums.iter_mut().zip(row).for_each(|(sum, grey)| *sum += f32::from(*grey) * weight);
        }
        grey.extend(sums.iter().map(|sum| sum.round() as u8));
    }
    let resolution = picture.resolution.map(|dots| (f32::from(dots) * factor).round() as u16);
    Picture { width, height, grey, resolution }
}

/// A picture turned about its middle so that lines that fall by `slope` (pixels down for each to the right) become level;
/// for slopes of a few degrees. Corners that it does not cover are of the shade `paper`.
pub(super) fn levelled(picture: &Picture, slope: f32, paper: u8) -> Picture {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let length = (1.0 + slope * slope).sqrt();
    let (cos, sin) = (1.0 / length, slope / length);
    let (middle_x, middle_y) = (width as f32 / 2.0, height as f32 / 2.0);
    // Grown so that no corner is cut off.
    let (out_width, out_height) = (
        (width as f32 * cos + height as f32 * sin.abs()).ceil() as usize,
        (height as f32 * cos + width as f32 * sin.abs()).ceil() as usize,
    );
    let (out_x, out_y) = (out_width as f32 / 2.0, out_height as f32 / 2.0);
    let at = |x: i64, y: i64| {
        let inside = x >= 0 && y >= 0 && (x as usize) < width && (y as usize) < height;
        let place = inside.then(|| y as usize * width + x as usize);
        f32::from(place.and_then(|place| picture.grey.get(place)).copied().unwrap_or(paper))
    };
    let mut grey = Vec::with_capacity(out_width * out_height);
    for y in 0..out_height {
        let down = y as f32 - out_y;
        for x in 0..out_width {
            let right = x as f32 - out_x;
            let from_x = right * cos - down * sin + middle_x;
            let from_y = right * sin + down * cos + middle_y;
            let (left, top) = (from_x.floor(), from_y.floor());
            let (fx, fy) = (from_x - left, from_y - top);
            let (left, top) = (left as i64, top as i64);
            let upper = at(left, top) * (1.0 - fx) + at(left + 1, top) * fx;
            let lower = at(left, top + 1) * (1.0 - fx) + at(left + 1, top + 1) * fx;
            grey.push((upper * (1.0 - fy) + lower * fy).round() as u8);
        }
    }
    Picture { width: out_width as u32, height: out_height as u32, grey, resolution: picture.resolution }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(rows: &[&str]) -> Picture {
        let grey: Vec<u8> = rows.concat().bytes().collect();
        Picture { width: rows[0].len() as u32, height: rows.len() as u32, grey, resolution: None }
    }

    fn rows(picture: &Picture) -> Vec<String> {
        picture.grey.chunks(picture.width as usize).map(|row| String::from_utf8_lossy(row).into_owned()).collect()
    }

    #[test]
    fn turns_and_mirrors_go_where_exif_says() {
        let stored = ["abc", "def"];
        let expected: [&[&str]; 8] = [
            &["abc", "def"],
            &["cba", "fed"],
            &["fed", "cba"],
            &["def", "abc"],
            &["ad", "be", "cf"],
            &["da", "eb", "fc"],
            &["fc", "eb", "da"],
            &["cf", "be", "ad"],
        ];
        for (n, expected) in expected.iter().enumerate() {
            assert_eq!(rows(&oriented(picture(&stored), n as u16 + 1)), *expected, "orientation {}", n + 1);
        }
    }

    #[test]
    fn a_level_colour_stays_in_any_size_and_slope() {
        let flat = Picture { width: 20, height: 10, grey: vec![77; 200], resolution: Some(100) };
        for factor in [0.3, 1.0, 2.5] {
            let other = resized(&flat, factor);
            assert_eq!(other.grey.len(), (other.width * other.height) as usize);
            assert!(other.grey.iter().all(|grey| *grey == 77), "{factor}");
        }
        assert!(levelled(&flat, 0.1, 77).grey.iter().all(|grey| *grey == 77));
    }
}
