//! What every review has, whatever is reviewed.

use rootcause_domain::{diff::Change, phase::Tone};

use crate::{
    reactive::RwSignal,
    requests::Refusal,
    ui::{El, View, alert, button, changes, command, el, notice, p, said, show},
    words::Problem,
};

/// The button that leaves without a write, off while the outcome of one is not known.
pub fn cancel(sending: impl Fn() -> bool + 'static, close: impl Fn() + 'static) -> El {
    button("Cancel")
        .disabled(move || sending().then(|| "Its outcome is not known yet.".to_owned()))
        .on_press(close)
}

/// Says that an answer was lost while its outcome is being read back.
pub fn lost_notice(waiting: RwSignal<Option<Problem>>) -> View {
    show(
        move || waiting.get(),
        |problem| {
            let title = "The answer was lost; reading back what became of it.";
            problem.as_ref().map(|problem| alert(Tone::Warn, title, p(problem.line())))
        },
    )
}

/// The field for why something is asked for.
pub fn reason_field(why: RwSignal<String>) -> El {
    let field = el("input")
        .id("review-why")
        .class("input")
        .attr("type", "text")
        .attr("maxlength", "500")
        .attr("autocomplete", "off")
        .bind(why);
    let label = el("label").attr("for", "review-why").child("Reason, kept with the request (optional)");
    el("div").class("field").child(label).child(field)
}

/// The API server's warnings.
pub fn server_warnings(warnings: &[String]) -> View {
    let warning = |it: &String| notice(Tone::Warn, "The API server warns.", p(it.as_str()));
    View::list(warnings.iter().map(warning))
}

/// What the API server says it would do to the installation, what that comes to, and the same as a command and for Git.
pub fn judged(
    changed: &[Change],
    effects: impl Into<View>,
    warnings: &[String],
    kubectl: &str,
    git_snippet: &str,
) -> View {
    let changed = match changed.is_empty() {
        true => p("Nothing but the record of this request.").class("soft"),
        false => changes(changed),
    };
    let what = el("section")
        .attr("aria-label", "What changes")
        .child(el("h2").child("What the API server would change"))
        .child(changed);
    let git = el("details")
        .child(el("summary").child("The same change for a Git repository"))
        .child(command(git_snippet, None));
    View::list::<View>([
        what.into(),
        effects.into(),
        server_warnings(warnings),
        command(kubectl, Some("Equivalent command")).into(),
        git.into(),
    ])
}

/// Why a write did not happen. `impossible` says that it cannot be built, `overtaken` what to do where somebody else was
/// first.
pub fn refusal_notice(refusal: Refusal, impossible: &str, overtaken: &str) -> El {
    let (title, words, advice) = match refusal {
        Refusal::Impossible(words) => (impossible.to_owned(), words, String::new()),
        Refusal::Refused(problem) => (problem.title, problem.said, problem.advice),
        Refusal::Overtaken(words) => {
            ("Somebody else changed it first.".to_owned(), words, overtaken.to_owned())
        }
        Refusal::HalfWay(words) => {
            let title = "It was carried out in part: what is named here was not.";
            return alert(Tone::Bad, title, said(&words));
        }
        Refusal::Unknown(problem) => {
            let title = "Its answer was lost, and what became of it cannot be read back.";
            let then = p("It may have been carried out. Find out before you ask for it again.");
            return alert(Tone::Bad, title, View::list([said(&problem.line()), then]));
        }
    };
    let then = p(format!("Nothing was changed. {advice}"));
    alert(Tone::Bad, &title, View::list([said(&words), then]))
}

/// Why a request did not happen.
pub fn request_refused(refusal: Refusal) -> El {
    let overtaken = "Look at what is requested now, then review again.";
    refusal_notice(refusal, "It cannot be requested.", overtaken)
}
