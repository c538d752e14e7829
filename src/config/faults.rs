//! Faults of a configuration, told all at once: each with its line under a caret, as rustc does.
//! What looks like a secret is masked, for faults end up in logs and tickets.

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::mask::{masked_file, masked_value};

/// One fault.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    /// What is wrong, in one sentence without its place.
    pub(super) title: String,
    /// Where.
    pub(super) place: Place,
    /// What stands beside the caret.
    pub(super) label: String,
    /// What to do.
    pub(super) help: Option<String>,
}

/// Where a fault is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// These bytes of the file.
    File(Range<usize>),
    /// This variable; its value when that is worth showing.
    Variable { name: String, value: Option<String> },
    /// The file as a whole.
    WholeFile,
}

/// All faults of a configuration. `Display` renders them plainly, [`Faults::coloured`] for a
/// terminal.
#[derive(Debug, Clone)]
pub struct Faults {
    file: PathBuf,
    /// The file's text, masked.
    source: String,
    all: Vec<Fault>,
}

impl Faults {
    /// In the order of the file, then of the variables' names.
    pub(super) fn new(file: Option<&Path>, source: &str, mut faults: Vec<Fault>) -> Self {
        faults.sort_by(|one, other| one.place.rank().cmp(&other.place.rank()));
        let file = file.map(Path::to_owned).unwrap_or_default();
        Self { file, source: masked_file(source), all: faults }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// All faults in a terminal's colours.
    #[must_use]
    pub fn coloured(&self) -> String {
        self.rendered(&Renderer::styled())
    }

    fn rendered(&self, renderer: &Renderer) -> String {
        let mut text = String::new();
        for fault in &self.all {
            text += &renderer.render(&[self.group(fault)]);
            text += "\n\n";
        }
        text + &self.sum()
    }

    fn group<'a>(&'a self, fault: &'a Fault) -> Group<'a> {
        let title = Level::ERROR.primary_title(&fault.title);
        let file = self.file.to_string_lossy();
        let group = match &fault.place {
            Place::WholeFile => title.element(Origin::path(file)),
            Place::File(span) => title.element(
                Snippet::source(&self.source)
                    .path(file)
                    .annotation(AnnotationKind::Primary.span(span.clone()).label(&fault.label)),
            ),
            Place::Variable { name, value } => {
                let (source, span) = match value {
                    None => (name.clone(), 0..name.len()),
                    Some(value) => {
                        let line = format!("{name}={}", masked_value(value));
                        (line.clone(), name.len() + 1..line.len())
                    }
                };
                title.element(
                    Snippet::source(source)
                        .line_numbering(false)
                        .annotation(AnnotationKind::Primary.span(span).label(&fault.label)),
                )
            }
        };
        match &fault.help {
            Some(help) => group.element(Level::HELP.message(help)),
            None => group,
        }
    }

    /// `3 problems in kernia.toml and the environment`.
    fn sum(&self) -> String {
        let variables =
            self.all.iter().filter(|f| matches!(f.place, Place::Variable { .. })).count();
        let file = self.file.display();
        let places = match (self.count() - variables, variables) {
            (_, 0) => file.to_string(),
            (0, _) => "the environment".to_owned(),
            _ => format!("{file} and the environment"),
        };
        let noun = if self.count() == 1 { "problem" } else { "problems" };
        format!("{} {noun} in {places}", self.count())
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rendered(&Renderer::plain()))
    }
}

impl std::error::Error for Faults {}

impl Place {
    fn rank(&self) -> (u8, usize, &str) {
        match self {
            Self::WholeFile => (0, 0, ""),
            Self::File(span) => (1, span.start, ""),
            Self::Variable { name, .. } => (2, 0, name),
        }
    }
}
