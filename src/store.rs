//! The store: one SQLite file, one thread that writes, a few that read.
//! All change passes through [`Store::write`], in which time stands still. Nouns bring their SQL as
//! constants and see only [`Tx`], [`Row`], [`Value`] and `params!`, never the driver.

mod folding;
mod lanes;
mod migrate;
mod paging;
mod pragma;
mod queue;
mod tx;
mod value;
mod writer;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::kit::{chance::Chance, error::Error, time::Clock};

pub use self::{
    paging::{Keyset, Placed, folded_pattern},
    tx::Tx,
    value::{FromValue, Row, Value},
};

/// The parameters of a statement, in the order of `?1`, `?2`, …
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::store::Value::from($value)),*] };
}
pub use crate::params;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database file; it is made, with mode 0600, when it is not there.
    pub path: PathBuf,
    /// How many threads read.
    pub readers: usize,
    /// How many calls may wait in each lane before the answer is [`Busy`].
    ///
    /// [`Busy`]: crate::kit::error::Fault::Busy
    pub queue: usize,
    /// Where `tx.now` comes from.
    pub clock: Clock,
    /// Where `tx.id()` and tokens come from.
    pub chance: Chance,
}

/// Why a store did not open.
#[derive(Debug)]
pub enum OpenFault {
    /// Another process holds the file.
    InUse(PathBuf),
    /// The file was written by a newer Kernia.
    Newer {
        /// The file's schema.
        found: i64,
        /// The newest schema this program knows.
        known: i64,
    },
    /// The linked SQLite is older than the one whose WAL is safe.
    OldEngine(String),
    /// The file or its folder cannot be used.
    Io(PathBuf, std::io::Error),
    /// SQLite or the migrations said no.
    Engine(String),
}

/// A handle on the store; cheap to clone. The last one that is dropped ends the lanes and waits for
/// them: what they were given is done by then, and the file is free.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

/// The readers end first: the connection that is closed last leaves the file without a log.
struct Inner {
    readers: lanes::Lane,
    writer: lanes::Lane,
    path: PathBuf,
}

impl Store {
    /// Opens or makes the file, brings its schema up to date (keeping a copy beside it first) and
    /// starts the lanes.
    pub fn open(options: &Options) -> Result<Self, OpenFault> {
        pragma::require_engine()?;
        let real = pragma::real_file(&options.path)?;
        let lock = pragma::lock(&real)?;
        let mut connection = pragma::open_writer(&real)?;
        migrate::upgrade(&mut connection, &real)?;
        let options = &Options { path: real, ..options.clone() };
        let watch = Arc::new(lanes::Watch::new(options.clock.clone()));
        let writer = lanes::start_writer(connection, lock, &watch, options)?;
        let readers = lanes::start_readers(&watch, options)?;
        Ok(Self(Arc::new(Inner { readers, writer, path: options.path.clone() })))
    }

    /// Runs `work` in a transaction of its own making; answers after the commit is on disk.
    ///
    /// `work` may run more than once and has no effect but through its `tx`. When it refuses,
    /// nothing of it stays. When the commit fails, nobody in the same batch is told it went well.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.0.writer.call(work).await
    }

    /// Runs `work` on one snapshot of the data; it cannot change anything.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.0.readers.call(work).await
    }

    /// What SQLite finds wrong in the file: nothing, when all is well.
    pub async fn integrity_check(&self) -> Result<Vec<String>, Error> {
        self.read(tx::integrity_check).await
    }

    /// The database file, by its own name where the one it was opened by was a link.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }
}

/// Looks at a file without changing it: what `integrity_check` finds, and whether it would open.
/// For `kernia check`; works beside a running server.
pub fn inspect(path: &Path) -> Result<Inspection, OpenFault> {
    pragma::require_engine()?;
    let connection = pragma::open_reader(path)?;
    let (schema, known) = migrate::versions(&connection)?;
    if schema > known {
        return Err(OpenFault::Newer { found: schema, known });
    }
    migrate::require_history(&connection)?;
    let faults = pragma::integrity_check(&connection).map_err(pragma::engine)?;
    Ok(Inspection { schema, known, faults })
}

/// Reads a file without changing it and without taking it from whoever serves it.
pub fn peek<T>(
    path: &Path,
    work: impl Fn(&Tx<'_>) -> Result<T, Error>,
) -> Result<Result<T, Error>, OpenFault> {
    pragma::require_engine()?;
    let connection = pragma::open_reader(path)?;
    Ok(work(&Tx::new(&connection, &Chance::system(), Clock::system().now())))
}

/// What [`inspect`] saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The file's schema.
    pub schema: i64,
    /// The newest schema this program knows.
    pub known: i64,
    /// What is wrong in the file.
    pub faults: Vec<String>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.0.path).finish_non_exhaustive()
    }
}

impl fmt::Display for OpenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse(path) => write!(
                f,
                "the database `{}` is in use by another kernia; stop that one first",
                path.display()
            ),
            Self::Newer { found, known } => write!(
                f,
                "the database has schema {found}, this kernia knows up to {known}; \
                 run the newer kernia that wrote it, or restore the copy made before its upgrade"
            ),
            Self::OldEngine(version) => {
                write!(
                    f,
                    "SQLite {version} can lose commits in WAL mode; 3.51.3 or newer is needed"
                )
            }
            Self::Io(path, error) => write!(f, "cannot use `{}`: {error}", path.display()),
            Self::Engine(what) => write!(f, "the database did not open: {what}"),
        }
    }
}

impl std::error::Error for OpenFault {}
