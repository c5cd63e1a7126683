"""What this service refuses, each with a code of its own."""

from shared.errors import ConflictError, InvalidError


class WrongStateError(ConflictError):
    """The record's present state does not allow this."""

    code = "wrong_state"


class RecordLockedError(ConflictError):
    """The treatment record is signed; nothing in it changes any more."""

    code = "record_locked"


class ReasonRequiredError(ConflictError):
    """This needs a reason."""

    code = "reason_required"


class OrderExistsError(ConflictError):
    """The patient has an order that is still open; cancel it first."""

    code = "order_exists"


class NoActiveOrderError(ConflictError):
    """No order allows a dose by this route now."""

    code = "no_active_order"


class WeightMissingError(ConflictError):
    """A dose by this route can only be judged with a current weight."""

    code = "weight_missing"


class DoseAboveLimitError(ConflictError):
    """The rule pack allows no such dose."""

    code = "dose_above_limit"


class DoseAboveOrderError(ConflictError):
    """More than was ordered."""

    code = "dose_above_order"


class OneDeviceError(ConflictError):
    """This dose is given by devices: one at a time, each whole."""

    code = "one_device_at_a_time"


class TooSoonAfterDeviceError(ConflictError):
    """The next device has to wait."""

    code = "too_soon_after_device"


class PrescriberNotOnSiteError(ConflictError):
    """A prescriber has to be on site for a dose by this route."""

    code = "prescriber_not_on_site"


class LimitLooserError(ConflictError):
    """A limit of a patient's own is never looser than the rule pack's."""

    code = "limit_looser"


class AlreadyEndedError(ConflictError):
    """This has ended already."""

    code = "already_ended"


class AlreadyReversedError(ConflictError):
    """The reading was reversed already."""

    code = "already_reversed"


class AmountsDoNotAddUpError(InvalidError):
    """What was drawn is exactly what was given and what was wasted."""

    code = "amounts_do_not_add_up"


class WitnessIsActorError(ConflictError):
    """Somebody else has to witness the waste."""

    code = "witness_is_actor"


class NotAPreparationError(ConflictError):
    """The appointment is no preparation of this patient."""

    code = "not_a_preparation"


class AppointmentOverError(ConflictError):
    """The appointment is over or was called off."""

    code = "appointment_over"


class PreparationExistsError(ConflictError):
    """The preparation at this appointment is already noted."""

    code = "preparation_exists"


class PatientNotArrivedError(ConflictError):
    """Nobody has arrived for a dose at this appointment."""

    code = "patient_not_arrived"


class SessionExistsError(ConflictError):
    """There is already a treatment record for this appointment."""

    code = "session_exists"


class VitalsNeededError(ConflictError):
    """Vital signs are missing or too old; take them first."""

    code = "vitals_needed"


class RouteRuledOutError(ConflictError):
    """A rule speaks against this route, and no decision has weighed that."""

    code = "route_ruled_out"


class ConsentForOtherRouteError(ConflictError):
    """The patient has consented to treatment by another route only."""

    code = "consent_for_other_route"


class RechecksUsedUpError(ConflictError):
    """Blood pressure was rechecked as often as the rule pack allows."""

    code = "rechecks_used_up"


class DoseStoppedError(ConflictError):
    """Vital signs allow no dose."""

    code = "dose_stopped"


class HoldNotOverridableError(ConflictError):
    """What holds the dose cannot be overridden; solve it and check again."""

    code = "hold_not_overridable"


class NotReadyError(ConflictError):
    """A fact that the dose rests on does not hold."""

    code = "not_ready"


class FactsStaleError(ConflictError):
    """Facts that the dose rests on may be out of date; a prescriber confirms them."""

    code = "facts_stale"


class AlertOpenError(ConflictError):
    """Somebody has to acknowledge an alert first."""

    code = "alert_open"


class AlertUnresolvedError(ConflictError):
    """An alert was taken on; measure again, or say how it ended, before a dose."""

    code = "alert_unresolved"


class AlreadyAcknowledgedError(ConflictError):
    """The alert is already acknowledged."""

    code = "already_acknowledged"


class EscortMissingError(ConflictError):
    """The patient leaves with an escort or not at all."""

    code = "escort_missing"


class DischargeCriteriaUnmetError(ConflictError):
    """The patient may not leave yet."""

    code = "discharge_criteria_unmet"


class AlreadyCompletedError(ConflictError):
    """The integration has already taken place."""

    code = "already_completed"


class FormIncompleteError(InvalidError):
    """Sections that must be answered are not."""

    code = "form_incomplete"


class CarriedUnreviewedError(ConflictError):
    """Answers from an earlier note are to be confirmed or changed first."""

    code = "carried_unreviewed"


class DraftExistsError(ConflictError):
    """You have begun this note already, in another window perhaps; load it again."""

    code = "draft_exists"


class NoteSignedError(ConflictError):
    """Your note on this part is signed; what is to be said is an addendum."""

    code = "note_signed"


class AlreadyCosignedError(ConflictError):
    """This note waits for no second signature."""

    code = "already_cosigned"


class CosignerIsAuthorError(ConflictError):
    """Somebody else has to sign what you wrote."""

    code = "cosigner_is_author"


class PartsMissingError(ConflictError):
    """Parts of the record are not signed yet."""

    code = "parts_missing"


class AlreadySubmittedError(ConflictError):
    """The form has been submitted."""

    code = "already_submitted"


class IntegrationOverdueError(ConflictError):
    """An earlier experience was not integrated in time; the clinic wants that first."""

    code = "integration_overdue"


class TaskDoneError(ConflictError):
    """The patient has done this already."""

    code = "task_done"
