"""Work that is to come against what it is for."""

from entitle.shop.books import Books
from entitle.shop.breaks import Finding, Found
from entitle.shop.review import due_of
from entitle.shop.scene import REVIEW_JOB

FOR_A_GRANT, FOR_A_CONTRACT = ("expire", "claim-expiring"), ("issue", "remind", "end")
LAPSE = "lapse"


def job_breaks(books: Books) -> Found:
    """Every job is for something that is there; what ends by itself is tidied up when it ends, not before."""
    grants, contracts = {each.id: each for each in books.grants}, {each.id for each in books.contracts}
    holds, reviews = {each.id for each in books.holds}, {each.id for each in books.reviews}
    for job in books.jobs:
        kind = job.kind.partition(":")[0]
        if (kind in FOR_A_GRANT and job.subject not in grants) or (
            (kind in FOR_A_CONTRACT and job.subject not in contracts)
            or (kind == LAPSE and job.subject not in holds)
            or (kind == REVIEW_JOB and job.subject not in reviews)
        ):
            yield Finding("job", job.kind, job.subject)
        elif job.kind == "expire" and (grant := grants[job.subject]).state in ("claimable", "active"):
            ends = grant.claim_until if grant.state == "claimable" else grant.valid_until
            if job.due_at != ends:
                yield Finding("job-due", f"expire of {grant.id}", job.due_at, ends)
    yield from _ends(books)


def _ends(books: Books) -> Found:
    """What ends by itself is due at its end as long as it stands."""
    lapses = {job.subject: job.due_at for job in books.jobs if job.kind == LAPSE}
    for hold in books.holds:
        wanted = hold.expires_at if hold.state == "held" else None
        if hold.id not in lapses or lapses[hold.id] != wanted:
            yield Finding("job-due", f"lapse of {hold.id}", lapses.get(hold.id, "nothing"), wanted)
    ends = {job.subject: job.due_at for job in books.jobs if job.kind == REVIEW_JOB}
    asked = {each.id: (each.verb, each.key) for each in books.reviews}
    keeping = {asked[each.case] for each in books.payments if each.case in asked}
    waiting = {(each.verb, each.key): each.case for each in books.keys if (each.verb, each.key) in keeping}
    for review in books.reviews:
        wanted = due_of(review, keeps=waiting.get(asked[review.id]) == review.id)
        if review.id not in ends or ends[review.id] != wanted:
            yield Finding("job-due", f"end of {review.id}", ends.get(review.id, "nothing"), wanted)
