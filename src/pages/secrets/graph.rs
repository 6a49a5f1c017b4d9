//! Who uses a secret, as a picture; the list below it says the same and more.

use rootcause_domain::secrets::consumers::Consumer;

use crate::ui::{
    El,
    picture::{Place, across, labelled, picture},
    svg,
};

/// Users that are drawn; the list has all.
const DRAWN: usize = 8;

/// The height of a box and of the step from one to the next, in pixels.
const BOX: usize = 44;
const STEP: usize = 54;

/// Where the secret's box ends and where those of its users begin, in thousandths of the width.
const LEFT: usize = 420;
const RIGHT: usize = 540;

pub fn graph(secret: &str, users: &[Consumer]) -> Option<El> {
    if users.is_empty() {
        return None;
    }
    let drawn = &users[..users.len().min(DRAWN)];
    let height = drawn.len() * STEP - (STEP - BOX) + 2;
    let middle = (height - BOX) / 2;
    let own = Place { x: 0, y: middle, width: LEFT, height: BOX };
    let more = users.len() - drawn.len();
    let names: Vec<_> = drawn.iter().map(|it| format!("{} {}", it.kind, it.name)).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let says = format!("{secret} is used by {}{more}.", names.join(", "));
    let user = |(at, it): (usize, &Consumer)| {
        let y = at * STEP + 1;
        let line = svg("line")
            .attr("x1", &across(LEFT))
            .attr("y1", &(middle + BOX / 2).to_string())
            .attr("x2", &across(RIGHT))
            .attr("y2", &(y + BOX / 2).to_string());
        let place = Place { x: RIGHT, y, width: 1000 - RIGHT, height: BOX };
        [line, labelled(place, "", &it.kind, &it.name)]
    };
    let users = drawn.iter().enumerate().flat_map(user);
    Some(picture(height, &says).children(users).child(labelled(own, "busy", "Secret", secret)))
}
