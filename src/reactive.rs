//! Signals, memos and effects of one compiled type each, whatever they hold: Leptos' own, with the value boxed. What
//! surrounds a value in them is 3 KB of WASM, which a page would otherwise pay for each type of value that it has.

#![allow(clippy::disallowed_types, reason = "the one place that wraps them")]

use std::{any::Any, fmt, marker::PhantomData, ops::Deref};

use leptos::prelude::{
    Effect, Read as _, ReadUntracked as _, RenderEffect, StoredValue, Track as _, Write as _,
};
use send_wrapper::SendWrapper;

/// A value whose type only its signal knows. Leptos wants to send it between threads; the browser has one.
type Erased = SendWrapper<Box<dyn Any>>;

/// As [`Erased`], of a value that can be compared with another.
type ErasedEq = SendWrapper<Box<dyn Compared>>;

/// A value that knows whether another is the same.
trait Compared: Any {
    fn same(&self, other: &dyn Compared) -> bool;
    fn any(&self) -> &dyn Any;
}

impl<T: PartialEq + 'static> Compared for T {
    fn same(&self, other: &dyn Compared) -> bool {
        other.any().downcast_ref() == Some(self)
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

fn reveal<T: 'static>(value: &dyn Any) -> &T {
    value.downcast_ref().expect("a signal holds values of its own type")
}

/// A value that can be set. A handle, cheap to copy; the value ends with the owner that it was made under.
pub struct RwSignal<T>(leptos::prelude::RwSignal<Erased>, PhantomData<fn() -> T>);

/// A value computed from others, again whenever one of them has changed; what reads it runs again only when it has become
/// another. A handle, cheap to copy.
pub struct Memo<T>(leptos::prelude::Memo<ErasedEq>, PhantomData<fn() -> T>);

impl<T> Clone for RwSignal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for RwSignal<T> {}

impl<T> Clone for Memo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Memo<T> {}

impl<T> fmt::Debug for RwSignal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RwSignal")
    }
}

// Not generic: one copy of each in the bundle.

#[inline(never)]
fn signal(signal: leptos::prelude::RwSignal<Erased>) -> impl Deref<Target = Erased> {
    signal.read()
}

#[inline(never)]
fn signal_untracked(signal: leptos::prelude::RwSignal<Erased>) -> impl Deref<Target = Erased> {
    signal.read_untracked()
}

#[inline(never)]
fn memo(memo: leptos::prelude::Memo<ErasedEq>) -> impl Deref<Target = ErasedEq> {
    memo.read()
}

#[inline(never)]
fn memo_untracked(memo: leptos::prelude::Memo<ErasedEq>) -> impl Deref<Target = ErasedEq> {
    memo.read_untracked()
}

#[inline(never)]
fn change(signal: leptos::prelude::RwSignal<Erased>, change: &mut dyn FnMut(&mut Erased)) {
    // Whoever changes it may outlive it: a timer, for one.
    if let Some(mut value) = signal.try_write() {
        change(&mut value);
    }
}

fn computed(compute: Box<dyn Fn() -> Box<dyn Compared>>) -> leptos::prelude::Memo<ErasedEq> {
    let compute = SendWrapper::new(compute);
    let differs = |before: Option<&ErasedEq>, now: Option<&ErasedEq>| match (before, now) {
        (Some(before), Some(now)) => !before.same(&***now),
        _ => true,
    };
    leptos::prelude::Memo::new_with_compare(move |_| SendWrapper::new(compute()), differs)
}

/// Runs `run` now and again whenever what it read changes, until the current owner is disposed.
pub fn render_effect(run: impl Fn() + 'static) {
    run_at_once(Box::new(run));
}

fn run_at_once(run: Box<dyn Fn()>) {
    StoredValue::new_local(RenderEffect::new(move |_| run()));
}

/// Runs `run` once the page has been drawn and again whenever what it read changes, until the current owner is disposed.
pub fn effect(run: impl Fn() + 'static) {
    run_after(Box::new(run));
}

fn run_after(run: Box<dyn Fn()>) {
    Effect::new(move |_| run());
}

#[inline(never)]
fn replace(signal: leptos::prelude::RwSignal<Erased>, value: Box<dyn Any>) {
    if let Some(mut held) = signal.try_write() {
        *held = SendWrapper::new(value);
    }
}

impl<T: 'static> RwSignal<T> {
    pub fn new(value: T) -> Self {
        Self(leptos::prelude::RwSignal::new(SendWrapper::new(Box::new(value))), PhantomData)
    }

    /// What `read` makes of the value; whoever runs this runs again when it changes.
    pub fn with<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(reveal(&***signal(self.0)))
    }

    pub fn with_untracked<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(reveal(&***signal_untracked(self.0)))
    }

    pub fn get(self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    pub fn get_untracked(self) -> T
    where
        T: Clone,
    {
        self.with_untracked(T::clone)
    }

    /// Runs whoever runs this again when the value changes.
    pub fn track(self) {
        self.0.track();
    }

    pub fn set(self, value: T) {
        replace(self.0, Box::new(value));
    }

    /// Changes the value in place; nothing happens where its owner has ended.
    pub fn update(self, update: impl FnOnce(&mut T)) {
        let mut update = Some(update);
        change(self.0, &mut |value| {
            if let (Some(update), Some(value)) = (update.take(), value.downcast_mut()) {
                update(value);
            }
        });
    }
}

impl<T: PartialEq + 'static> Memo<T> {
    pub fn new(compute: impl Fn() -> T + 'static) -> Self {
        Self(computed(Box::new(move || Box::new(compute()))), PhantomData)
    }

    /// What `read` makes of the value; whoever runs this runs again when it has become another.
    pub fn with<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(reveal(memo(self.0).any()))
    }

    pub fn with_untracked<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(reveal(memo_untracked(self.0).any()))
    }

    pub fn get(self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    pub fn get_untracked(self) -> T
    where
        T: Clone,
    {
        self.with_untracked(T::clone)
    }
}
