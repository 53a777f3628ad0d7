"""Life: one simulated customer, from the day they turn up to the horizon.

What happens next is drawn; what is decided is the core's own.  Between two instants the customer's
standing and the touches that went out change how often things happen: so whatever would have
happened of itself is drawn anew when that changes (a Poisson process has no memory), and while a
touch still works, more is drawn than happens and the surplus passed over (thinning; Lewis and
Shedler, 1979).

No two events of a customer share an instant, and none comes at an instant that was taken: the same
events, replayed, give the same trace.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable
from itertools import accumulate
from math import log, pow
from typing import Any, Final

from journeys.core.calendar import DAY, HOUR, NEVER, days_for, to_instant, to_local
from journeys.core.chance import draw as chance
from journeys.core.customer import Customer, Event
from journeys.core.effects import GENERIC_WORDS, SendTouch
from journeys.core.program import MARKETING, STAY, Program
from journeys.core.turn import take_instant
from journeys.core.turning import Turning
from journeys.core.why import ENDED, ENTERED, MOVED, Why
from journeys.errors import InputError

from .behaviour import BEFORE, Compiled, Effect, Ground, Kind, Template
from .draws import Hand

# The compiled build looks up what is imported each time, and what is final once.
_place: Final = bisect_right
_sums: Final = accumulate
_NO_EVENTS: Final[list[Event]] = []
# When, which, and what it takes over: places with values.
Planned = tuple[int, Template, list[tuple[int, Any]]]
_NOTHING: Final[list[tuple[int, Any]]] = []
_FADED: Final = 0.03  # a lift below this is none
STALE: Final = -1
LIFT_MAX: Final = 100.0  # nothing happens more than so many times as often as usual
EVENTS_MAX: Final = 100_000  # of one customer: more is a slip in a rate, and would take for ever


class Life:
    """Walks customers, one after the other.  After `live` the customer's whys and counts stand here.

    Who turns up only after the horizon never `came`, and there is nothing to tell of them.

    `templates` are what may happen, `weights` the running sums of how often, in times a microsecond, and
    `total` is how often anything does in a microsecond of waking hours.
    """

    __slots__ = (
        "awake_for",
        "awake_from",
        "came",
        "compiled",
        "customer",
        "draw",
        "faded_for",
        "fresh_until",
        "grounds",
        "hand",
        "haste",
        "horizon",
        "ids",
        "kind",
        "lifted_at",
        "lifts",
        "nights",
        "places",
        "planned",
        "program",
        "recorded",
        "seed",
        "sent_at",
        "signals",
        "standing",
        "templates",
        "total",
        "turning",
        "weights",
        "whys",
        "zone",
    )

    def __init__(self, program: Program, compiled: Compiled, horizon: int, salt: str) -> None:
        self.program = program
        self.compiled = compiled
        self.horizon = horizon
        # One stream of chance for each customer: seeds next to each other are as good as any (MT19937's init_by_array).
        self.seed = chance(salt, "population")
        self.hand = Hand(program.brand_zone)
        self.draw: Callable[[], float] = self.hand.draw
        # So long a bound may be left as it was: what is drawn in vain costs less than weighing anew.
        self.faded_for = int(compiled.responses.fades)
        self.awake_from = compiled.people.awake_from
        self.awake_for = compiled.people.awake_for
        # What so many nights take, up to the horizon; nothing great is multiplied here: see `days_for`.
        nights = (horizon - compiled.people.start) // self.awake_for + 2
        self.nights: list[int] = [days_for(night) - night * self.awake_for for night in range(nights)]
        # Of events, made once and not for each customer.
        self.ids: list[str] = []
        self.whys: list[Why] = []
        self.signals = 0
        self.recorded: list[Event] = []
        self.came = False

    def live(self, number: int) -> Customer:
        """One customer's life.  The same number lives the same life, whoever lived before."""
        self._begin(number)
        turning, customer, horizon, planned = self.turning, self.customer, self.horizon, self.planned
        recorded, whys, effects = self.recorded, turning.whys, turning.effects
        self.whys = whys
        candidate = self._next(customer.as_of)
        while True:
            at = candidate
            is_planned = False
            if planned:
                planned_at = planned[0][0]
                if planned_at <= candidate:
                    # Follow-ups and replies first, where both would come at once.
                    at = planned_at
                    is_planned = True
            wake_at = customer.wake_at
            if wake_at < at:
                if wake_at > horizon:
                    break
                told = len(whys)
                take_instant(turning, wake_at, _NO_EVENTS)
                if (effects or len(whys) > told) and self._look(told):
                    candidate = self._next(wake_at)
                continue
            if at > horizon:
                break
            template: Template | None
            carried = _NOTHING
            if is_planned:
                _, template, carried = planned.pop(0)
            else:
                template = self._drawn(at)
            has_changed = False
            if template is not None:
                # An instant that was taken does not come again.
                if at <= customer.as_of:
                    at = customer.as_of + 1
                    if at > horizon:
                        break
                event = self._happen(template, carried, at)
                if event.event >= 0:
                    told = len(whys)
                    take_instant(turning, at, [event])
                    recorded.append(event)
                    if effects or len(whys) > told + 1:
                        # It was not only heard, as most are.
                        has_changed = self._look(told)
            if has_changed or not is_planned:
                candidate = self._next(at)
        customer.as_of = horizon
        self.signals = turning.signals + len(recorded)
        return customer

    def _begin(self, number: int) -> None:
        hand, people = self.hand, self.compiled.people
        id = f"c{number:07}"
        hand.begin(number, self.seed + number, self.program.brand_zone)
        self.kind: Kind = people.kind(hand)
        self.haste = self.kind.pace * DAY / self.awake_for
        self.customer = people.make(id, self.kind, hand)
        self.zone = self.customer.zone
        self.came = self.customer.as_of <= self.horizon
        self.turning = Turning(self.program, self.customer, True, None)
        self.recorded = []
        self.planned: list[Planned] = []
        self.lifts: dict[int, float] = {}
        self.lifted_at = 0
        self.sent_at: list[int] = []
        # The enrollments that go on, by behaviour: number and place.
        self.standing: list[dict[int, int]] = [{} for _ in self.compiled.behaviours]
        self.places: list[int] = [BEFORE for _ in self.compiled.behaviours]
        self.grounds: list[Ground] = []
        self._stand()

    # ------------------------------------------------------------ what happens next

    def _next(self, at: int) -> int:
        """When something happens of itself, or might: while lifts fade, `_drawn` still decides.

        A day has only its waking hours, and as much happens in them as in a whole one.
        """
        if at > self.fresh_until:
            self._weigh(at)
        total = self.total
        if total <= 0.0:
            return NEVER
        gap = -log(1.0 - self.draw()) / total
        if gap > self.horizon - at:
            return NEVER
        zone, awake_for = self.zone, self.awake_for
        stretch = zone.current
        if not stretch.start <= at < stretch.end:
            to_local(zone, at)
            stretch = zone.current
        since_up = (at + stretch.offset - self.awake_from) % DAY
        up_at = at - since_up
        awake = (since_up if since_up < awake_for else awake_for) + int(gap)
        later = up_at + awake
        if awake >= awake_for:
            later += self.nights[awake // awake_for]
            if later >= stretch.end and awake_for < DAY:
                # The clocks change before: it is the time of day that counts.
                later = to_instant(zone, later + stretch.offset)
        return later if later > at else at + 1

    def _weigh(self, at: int) -> None:
        """How often everything may happen from now on, until the standing changes or a touch arrives."""
        lifts = self.lifts
        if lifts and at - self.lifted_at > self.faded_for:
            lifts = self._fade(at)
        self.fresh_until = self.lifted_at + self.faded_for if lifts else NEVER
        if not lifts and len(self.grounds) == 1:
            ground = self.grounds[0]
            self.templates, self.weights = ground.templates, ground.sums
            self.total = ground.sums[-1] * self.haste
            return
        rates: list[float] = []
        templates: list[Template] = []
        for ground in self.grounds:
            first = len(rates)
            rates += ground.rates
            templates += ground.templates
            for event, lift in lifts.items():
                # Lifts only fade, so that what raises a rate bounds it, and what lowers it does not.
                places = ground.lifted.get(event) if lift > 0.0 else None
                if places is not None:
                    for place in places:
                        rates[first + place] += ground.rates[place] * lift
        self.templates, self.weights = templates, list(_sums(rates))
        self.total = self.weights[-1] * self.haste if rates else 0.0

    def _drawn(self, at: int) -> Template | None:
        """What happens at the instant that was drawn, or None if nothing does."""
        weights = self.weights
        template = self.templates[_place(weights, self.draw() * weights[-1])]
        if self.lifts:
            lift = self.lifts.get(template.lifted_by, 0.0)
            if lift:
                now = 1.0 + lift * self._left(at)
                bound = 1.0 + lift if lift > 0.0 else 1.0
                if self.draw() * bound >= now:
                    return None
        return template

    def _awake(self, at: int) -> int:
        """What would fall into the night happens within an hour of getting up."""
        if self.awake_for == DAY:
            return at
        zone = self.zone
        local = to_local(zone, at) - self.awake_from
        since = local % DAY
        if since < self.awake_for:
            return at
        up = local - since + DAY + self.awake_from
        return to_instant(zone, up + int(self.draw() * min(HOUR, self.awake_for)))

    # ------------------------------------------------------------ lifts

    def _left(self, at: int) -> float:
        """What is left of a lift since it was last worked out."""
        return pow(2.0, (self.lifted_at - at) / self.compiled.responses.fades)

    def _fade(self, at: int) -> dict[int, float]:
        left = self._left(at)
        lifts: dict[int, float] = {}
        for event, lift in self.lifts.items():
            lift *= left
            if lift > _FADED or lift < -_FADED:
                lifts[event] = lift
        self.lifts = lifts
        self.lifted_at = at
        return lifts

    # ------------------------------------------------------------ an event

    def _happen(self, template: Template, carried: list[tuple[int, Any]], at: int) -> Event:
        """`carried` are the places with the values that it takes over from what it follows."""
        ids, count = self.ids, len(self.recorded)
        if count >= EVENTS_MAX:
            self._refuse()
        if count == len(ids):
            ids.append(str(count + 1))
        hand = self.hand
        values = template.values[:]
        if carried:
            for place, value in carried:
                values[place] = value
            for place, drawer in template.carries:
                if values[place] is None:
                    values[place] = drawer.value(hand, at)
        else:
            for place, drawer in template.carries:
                values[place] = drawer.value(hand, at)
        if template.remembered:
            for place, name in template.remembered:
                if values[place] is not None:
                    hand.last[name] = values[place]
        told = values
        if template.places is not None:
            told = [values[place] if place >= 0 else None for place in template.places]
        event = Event(at, template.event, told, "", ids[count])
        if template.changes:
            changes = [(field, drawer.value(hand, at)) for field, drawer in template.changes]
            event.changes = [change for change in changes if change[0] >= 0]
        for follow in template.follows:
            if follow.share >= 1.0 or self.draw() < follow.share:
                takes_over = [(to, values[place]) for place, to in follow.carried if values[place] is not None]
                self._plan(at + follow.after.length(hand), follow.template, takes_over)
        return event

    def _plan(self, at: int, template: Template, carried: list[tuple[int, Any]]) -> None:
        if len(self.recorded) + len(self.planned) >= EVENTS_MAX:
            self._refuse()
        at = self._awake(at)
        if at <= self.horizon:
            insort(self.planned, (at, template, carried), key=_when)

    def _refuse(self) -> None:
        raise InputError(
            f"customer {self.customer.id} does more than {EVENTS_MAX:,} things: look at the population's rates, "
            "`pace`, `lift`, and at what follows from what"
        )

    # ------------------------------------------------------------ what came of it

    def _look(self, told: int) -> bool:
        """Whether what the core decided, and told after the first `told` whys, changes how often things happen."""
        has_changed = False
        for why in self.whys[told:]:
            kind: int = why[0]
            if kind in (MOVED, ENTERED, ENDED):
                has_changed = self._note(kind, why) or has_changed
        if has_changed:
            self._stand()
        effects = self.turning.effects
        for effect in effects:
            if isinstance(effect, SendTouch):
                has_changed = self._receive(effect) or has_changed
        effects.clear()
        return has_changed

    def _note(self, kind: int, why: Why) -> bool:
        """Where one stands now: of several enrollments, the newest counts."""
        has_changed = False
        for index, behaviour in enumerate(self.compiled.behaviours):
            if behaviour.journey != why[3]:
                continue
            standing = self.standing[index]
            if kind == ENDED:
                standing.pop(why[2], None)
                place = behaviour.place_of_end(why[5])
            else:
                to: int = why[4] if kind == ENTERED else why[5]
                if to == STAY:
                    continue
                place = standing[why[2]] = 1 + to
            if standing:
                place = standing[max(standing)]
            has_changed = has_changed or place != self.places[index]
            self.places[index] = place
        return has_changed

    def _stand(self) -> None:
        grounds = []
        for index, behaviour in enumerate(self.compiled.behaviours):
            ground = behaviour.grounds[self.places[index]]
            if ground is not None:
                grounds.append(ground)
        self.grounds = grounds
        self.fresh_until = STALE

    def _receive(self, sent: SendTouch) -> bool:
        """A touch has arrived: what the customer does with it, and how it moves them.

        One to somebody else (a call to make, a parcel to send) moves the customer too, who has nothing to reply to.
        """
        effect = self.compiled.responses.by_touch[sent.touch]
        worth = self._reply(sent, effect) if sent.person < 0 else 1.0
        worth *= self.kind.heeds
        if not effect.lifts or worth == 0.0:
            return False
        self._fade(sent.at)
        self.fresh_until = STALE
        for event, amount in effect.lifts:
            # One too many lowers even what it was meant to raise, and raises nothing.
            added = amount * worth if worth > 0.0 else -abs(amount * worth)
            self.lifts[event] = min(max(self.lifts.get(event, 0.0) + added, -1.0), LIFT_MAX)
        return True

    def _reply(self, sent: SendTouch, effect: Effect) -> float:
        """What the customer does with a touch; and what the touch is worth, by its words and by those before it."""
        responses, hand, at = self.compiled.responses, self.hand, sent.at
        words = responses.generic if sent.words == GENERIC_WORDS else 1.0
        # Who opens, does so first; a click comes so long after the opening, where that is said.
        opened_at = -1 if effect.asks_open else at
        for answer in effect.answers:
            share = answer.share * words if answer.is_good else answer.share
            since = at
            if answer.is_click and effect.asks_open:
                if opened_at < 0:
                    continue
                share, since = answer.share, opened_at
            if self.draw() < share:
                replied_at = since + answer.after.length(hand)
                if answer.is_open:
                    opened_at = replied_at
                came_by: list[tuple[int, Any]] = []
                if answer.has_channel and sent.channel >= 0:
                    came_by = [(0, self.program.channel_names[sent.channel])]
                self._plan(replied_at, answer.template, came_by)
        touch = self.program.touches[sent.touch]
        if touch.class_ != MARKETING or responses.most < 0:
            return words
        self.sent_at = [each for each in self.sent_at if each > at - responses.per]
        self.sent_at.append(at)
        beyond = len(self.sent_at) - responses.most
        if beyond <= 0:
            return words
        if self.draw() < responses.stops:
            self._plan(at + 1, responses.stop, [(0, self.program.purpose_names[touch.purpose])])
        return words * max(1.0 - responses.each * beyond, -1.0)


def _when(planned: Planned) -> int:
    return planned[0]
