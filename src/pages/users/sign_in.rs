//! Who keeps the accounts, what an identity provider has to know, and the switch between the two.

use std::sync::Arc;

use leptos::prelude::*;
use rootcause_domain::{
    contract::Concept,
    users::{Change, Mode},
};

use super::People;
use crate::{
    requests::Intent,
    shell::{review::Reviews, rights::why},
    ui::{El, View, button, command, el, p, section, show},
};

pub fn sign_in_section() -> El {
    let people = expect_context::<People>();
    let reviews = expect_context::<Reviews>();
    let told = move || {
        (
            people.mode.get(),
            people.told(Concept::OidcIssuer),
            people.told(Concept::OidcClientId),
            people.told(Concept::Host),
        )
    };
    section("sign-in", "Sign-in", ()).child(show(told, move |(mode, issuer, client, host)| {
        let now = match mode {
            Some(Mode::Managed) => "The installation's own FusionAuth signs users in.",
            Some(Mode::External) => "An external identity provider (OIDC) signs users in.",
            None => "The installation does not say who signs users in.",
        };
        let to = if *mode == Some(Mode::External) { Mode::Managed } else { Mode::External };
        let lacking = (to == Mode::External && issuer.is_none()).then(|| {
            "Set the identity provider's issuer, client id and secret on Bootstrap first.".to_owned()
        });
        let switch = Change::Mode(to);
        let asked = switch.clone();
        let cannot = move || lacking.clone().or_else(|| people.disabled(switch.clone()));
        let reason = show(cannot.clone(), |it| it.as_deref().map(why));
        let button = button(if to == Mode::External {
            "Switch to an external identity provider…"
        } else {
            "Switch to managed users…"
        });
        let switch = button
            .disabled(cannot)
            .on_press(move || reviews.open(Intent::People(Arc::new(vec![asked.clone()]))));
        let of =
            |name: &'static str, value: &Option<String>| value.as_deref().map(|it| command(it, Some(name)));
        // Where the platform answers below its address is its own business: the provider has to allow all of it.
        let redirect = host.as_ref().map(|it| format!("https://{it}/*"));
        let provider = (*mode == Some(Mode::External)).then(|| {
            el("div")
                .class("stack")
                .child(of("Issuer", issuer))
                .child(of("Client id", client))
                .child(of("Redirect addresses that the provider must allow", &redirect))
        });
        View::list([
            View::from(p(now)),
            provider.into(),
            p(to.switching()).class("soft").into(),
            el("div").class("actions").child(switch).child(reason).into(),
        ])
    }))
}
