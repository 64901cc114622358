"""What is proposed: names without case and signs, fitting types, and nothing where it is not clear."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes_sync.core.records import RemoteKind
from hermes_sync.onboarding.config_text import Secrets, config_text, toml
from hermes_sync.onboarding.known import KNOWN
from hermes_sync.onboarding.proposal import FieldChoice, Proposal, field_for, propose
from hermes_sync.onboarding.survey import Survey
from hermes_sync.remotes.pipedrive.account_rows import CustomField, Pipeline, Stage, User
from hermes_sync.remotes.tc2.branch import Colleague, Sample

SECRETS = Secrets(api_token="token-1", api_key="key-1", signing_key="sign-1", webhook_password="hook-1")
ADA = User(id=99, name="Ada Byron", email="Ada@example.com", timezone="Europe/London", is_admin=True)


def named(name: str, type_: str = "varchar", key: str = "") -> CustomField:
    """Give a custom field of the account."""
    return CustomField(key=key or f"key-of-{name}-{type_}".replace(" ", "_"), name=name, type=type_, is_custom=True)


def choice_of(name: str, *fields: CustomField) -> FieldChoice:
    """Give what is proposed for a Hermes name of an organization."""
    known = next(one for one in KNOWN if one.name == name and one.kind is RemoteKind.ORGANIZATION)
    return field_for(known, fields)


def seen(
    *fields: CustomField,
    users: tuple[User, ...] = (ADA,),
    pipelines: tuple[tuple[int, str], ...] = (),
    stages: tuple[Stage, ...] = (),
    sample: Sample | None = None,
) -> Survey:
    """Give a survey of two systems that have only this."""
    return Survey(
        me=ADA,
        users=users,
        pipelines=tuple(Pipeline(id=id_, name=name) for id_, name in pipelines),
        stages=stages,
        fields={RemoteKind.ORGANIZATION: fields},
        sample=sample or Sample(),
    )


def written(proposal: Proposal, secrets: Secrets | None = SECRETS) -> dict[str, object]:
    """Give the config that a proposal becomes, as it is read again."""
    text = config_text(proposal, pipedrive_url="https://a.example", tc2_url="https://b.example", secrets=secrets)
    return tomllib.loads(text)


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("hermes_id", "Hermes ID"),
        ("hermes_id", "HERMES-id"),
        ("tc2_status", "tc2 Status"),
        ("tc2_cligency_url", "TC2_Cligency_URL"),
        ("support_person_id", "Support person"),
        ("bdr_person_id", "bdr_person_id"),
        ("estimated_income", "Estimated monthly income"),
        ("utm_source", "UTM  Source"),
    ],
)
def test_case_spaces_and_signs_do_not_count(name: str, called: str) -> None:
    """A field is found by its name however it is spelt."""
    field = named(called, "user" if name.endswith("person_id") else "varchar")

    assert choice_of(name, named("Something else"), field).chosen == field


def test_two_fields_of_one_name_are_left_to_a_person() -> None:
    """Of two fields that could both hold it none is taken, and none is to be made either."""
    choice = choice_of("website", named("Website", key="a"), named("web site", key="b"))

    assert choice.chosen is None
    assert [one.key for one in choice.rivals] == ["a", "b"]
    assert not choice.is_missing


def test_a_field_that_cannot_hold_it_is_no_rival() -> None:
    """Of two fields of one name the one whose type fits is taken; one that does not fit is left out and said."""
    assert choice_of("website", named("Website", "date"), named("Website", "text")).chosen == named("Website", "text")
    alone = choice_of("website", named("Website", "date"))

    assert (alone.chosen, alone.rivals, alone.is_missing) == (None, (), False)
    assert '"Website" cannot hold it' in str(alone.note)


def test_the_likely_name_comes_before_the_others() -> None:
    """A field with the very name is taken, though another has a name that would do as well."""
    likely = named("Estimated income")

    assert choice_of("estimated_income", named("Estimated monthly income"), likely).chosen == likely


def test_a_numeric_hermes_id_is_taken_with_a_note() -> None:
    """It works, and what is wrong with it stands beside it."""
    choice = choice_of("hermes_id", named("Hermes ID", "double"))

    assert choice.chosen is not None
    assert "merge" in str(choice.note)


def test_a_plan_starts_in_the_first_stage_of_its_pipeline() -> None:
    """A pipeline is found by the plan's name; stages come in the order in which people see them."""
    stages = (Stage(id=8, pipeline_id=2), Stage(id=7, pipeline_id=2), Stage(id=1, pipeline_id=1))
    proposal = propose(seen(pipelines=((1, "Other"), (2, "Pay as you go"), (3, "Enterprise")), stages=stages))
    payg, startup, enterprise = proposal.plans

    assert payg.pipeline is not None
    assert payg.stage is not None
    assert (payg.pipeline.id, payg.stage.id) == (2, 8)
    assert startup.pipeline is None
    assert enterprise.pipeline is None, "a pipeline without stages is no start"


def test_several_pipelines_that_speak_of_a_plan_are_left_to_a_person() -> None:
    """The exact name wins; of two that only contain it none is taken."""
    both = propose(seen(pipelines=((1, "Startup UK"), (2, "Startup US"))))
    exact = propose(seen(pipelines=((1, "Startup UK"), (2, "startup")), stages=(Stage(id=3, pipeline_id=2),)))

    assert [one.id for one in both.plans[1].rivals] == [1, 2]
    assert exact.plans[1].pipeline == Pipeline(id=2, name="startup")


def test_the_team_is_matched_by_email() -> None:
    """A user with the e-mail of a TC2 admin gets that id and roles; who left, or has no e-mail, is no admin."""
    ada = Colleague(id=30, first_name="Ada", last_name="King", email="ada@EXAMPLE.com", roles=frozenset({"bdr_person"}))
    stranger = Colleague(id=31, first_name="Jo", last_name=None, email="jo@example.com", roles=frozenset())
    left = User(id=5, name="Left", email="left@example.com", is_active=False)
    bare = User(id=6, name="Cher", email="cher@example.com", timezone="Mars/Olympus")
    proposal = propose(
        seen(users=(ADA, left, User(id=7, name="Robot"), bare), sample=Sample(colleagues=(ada, stranger)))
    )
    first, second = proposal.admins

    assert (first.first_name, first.last_name, first.colleague, first.develops) == ("Ada", "King", ada, True)
    assert (second.first_name, second.last_name, second.timezone, second.colleague) == ("Cher", "-", "UTC", None)
    assert proposal.unmatched == (stranger,)


def test_the_file_says_what_was_left_out() -> None:
    """Everything that is missing or not clear stands in the file as a comment, and the file is read again."""
    proposal = propose(seen(named("Website", key="a"), named("website", key="b"), pipelines=((1, "x"),)))
    text = config_text(proposal, pipedrive_url="https://a.example", tc2_url="https://b.example", secrets=None)

    assert '# website = "a"' in text
    assert '# website = "b"' in text
    assert '# hermes_id = ""' in text
    assert "# payg = { pipeline = 0" in text
    assert "HERMES_PIPEDRIVE__API_TOKEN" in text
    read = tomllib.loads(text)
    assert read["pipedrive"] == {
        "base_url": "https://a.example",
        "daily_token_budget": 30000,
        "fields": {"organization": {}, "person": {}, "deal": {}},
    }


def test_the_secrets_stand_in_the_file_only_when_asked_for() -> None:
    """With secrets both keys, a signing key and a login of the webhooks; without them none, and none is ever shown."""
    proposal = propose(seen())
    kept = written(proposal)

    assert kept["pipedrive"]["api_token"] == "token-1"  # type: ignore[index]
    assert kept["tc2"]["api_key"] == "key-1"  # type: ignore[index]
    assert kept["callbooker"] == {"signing_key": "sign-1"}
    assert kept["listener"] == {"pipedrive_user": "hermes", "pipedrive_password": "hook-1"}
    assert written(proposal, None)["listener"] == {}
    assert "token-1" not in repr(SECRETS)


@given(name=st.text(), pipeline=st.text(), person=st.text(min_size=1))
def test_no_name_of_an_account_breaks_the_file(name: str, pipeline: str, person: str) -> None:
    """Names with quotes, line ends or anything else leave a file that says the same."""
    user = User(id=1, name=person, email="ada@example.com")
    rivals = (named(f"Website\n{name}", key="a"), named("website", key="b"), named(f"Hermes ID {name}", key="c"))
    stage = Stage(id=4, name=f'"{name}\n[x]', pipeline_id=3)
    found = propose(
        seen(*rivals, named("UTM source", key=name or "k"), users=(user,), pipelines=((3, f"payg {pipeline}"),),
             stages=(stage,))
    )  # fmt: skip
    read = written(found)

    assert [(one["first_name"], one["last_name"]) for one in read["admins"]] == [  # type: ignore[attr-defined]
        (found.admins[0].first_name, found.admins[0].last_name)
    ]
    assert read["pipedrive"]["fields"]["organization"]["utm_source"] == (name or "k")  # type: ignore[index]


@given(text=st.text())
def test_a_text_is_the_same_text_in_toml(text: str) -> None:
    """What is written is what is read."""
    assert tomllib.loads(f"it = {toml(text)}") == {"it": text}
