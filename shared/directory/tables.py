"""Tables of the directory, made for one service's metadata: dated facts as rows, and what is derived of them."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, MetaData, Table, Text, Uuid


class UnitTables:
    """Units as registered, and a row for each dated change, by the id of its event; a cancelled one has none.

    `position` is that in the log: of two on one day the one recorded last holds. `change` is a `UnitChange`; of the
    others a row has the columns that its event names, `supervised_as` is a `SupervisionKind`.
    """

    def __init__(self, metadata: MetaData) -> None:
        self.unit = Table(
            "directory_unit",
            metadata,
            Column("unit_code", Text, primary_key=True),
            Column("unit_name", Text, nullable=False),
            Column("search", Text, nullable=False),
            Column("level", Text, nullable=False),
            Column("kind", Text, nullable=False),
            Column("parent_code", Text),
            Column("province_code", Text),
            Column("valid_from", Date),
            Column("valid_to", Date),
            Column("note", Text),
            Column("source", Text),
            Column("dataset", Text, nullable=False),
        )
        self.change = Table(
            "directory_unit_change",
            metadata,
            Column("change_id", Uuid, primary_key=True),
            Column("position", BigInteger, nullable=False),
            Column("unit_code", Text, nullable=False, index=True),
            Column("change", Text, nullable=False),
            Column("on", Date, nullable=False),
            Column("unit_name", Text),
            Column("search", Text),
            Column("parent_code", Text),
            Column("to_code", Text, index=True),
            Column("supervised_as", Text),
            Column("supervisor_code", Text),
        )

    @property
    def all(self) -> Sequence[Table]:
        return self.unit, self.change


class DraftTables:
    """Drafts as they stand, their dated facts, and two tables derived of these: `lead` and `stage` by day.

    `lead` holds on [from_day, to_day), `stage` on [entered_on, exited_on); `rules_version` of a draft names the
    rules by which its stages were derived.
    """

    def __init__(self, metadata: MetaData) -> None:
        self.draft = Table(
            "directory_draft",
            metadata,
            Column("draft_id", Uuid, primary_key=True),
            Column("draft_code", Text, nullable=False, unique=True),
            Column("title", Text, nullable=False),
            Column("instrument", Text, nullable=False),
            Column("regime", Text, nullable=False),
            Column("procedure", Text, nullable=False),
            Column("lead_unit_code", Text, nullable=False),
            Column("dataset", Text, nullable=False),
            Column("rules_version", Text, nullable=False),
        )
        self.policy = Table(
            "directory_draft_policy",
            metadata,
            Column("draft_id", Uuid, primary_key=True),
            Column("policy_no", Integer, primary_key=True),
            Column("title", Text, nullable=False),
        )
        self.transfer = Table(
            "directory_draft_transfer",
            metadata,
            Column("draft_id", Uuid, primary_key=True),
            Column("on", Date, primary_key=True),
            Column("unit_code", Text, nullable=False),
        )
        self.entry = Table(
            "directory_draft_entry",
            metadata,
            Column("entry_id", Uuid, primary_key=True),
            Column("draft_id", Uuid, nullable=False, index=True),
            Column("stage", Text, nullable=False),
            Column("entered_on", Date, nullable=False),
            Column("precision", Text, nullable=False),
            Column("resumed", Boolean, nullable=False),
        )
        self.lead = Table(
            "directory_draft_lead",
            metadata,
            Column("draft_id", Uuid, primary_key=True),
            Column("from_day", Date, primary_key=True),
            Column("to_day", Date, nullable=False),
            Column("unit_code", Text, nullable=False, index=True),
        )
        self.stage = Table(
            "directory_draft_stage",
            metadata,
            Column("draft_id", Uuid, primary_key=True),
            Column("entry_id", Uuid, primary_key=True),
            Column("stage", Text, nullable=False),
            Column("entered_on", Date, nullable=False),
            Column("exited_on", Date),
        )

    @property
    def all(self) -> Sequence[Table]:
        return self.draft, self.policy, self.transfer, self.entry, self.lead, self.stage


class DirectoryTables:
    """The whole directory."""

    def __init__(self, metadata: MetaData) -> None:
        self.units = UnitTables(metadata)
        self.drafts = DraftTables(metadata)

    @property
    def all(self) -> Sequence[Table]:
        return *self.units.all, *self.drafts.all
