"""What graph.facebook.com tells of persons, Pages and Instagram accounts."""

from typing import Any

from tests.emulator.records import Person
from tests.emulator.wire import Answer, json_answer

from .calls import Call
from .fields import Fields, wanted
from .paging import told
from .records import BASIC, PAGE_LIST, READ_PAGES, FacebookPerson, FacebookToken, Page, SystemUser

Json = dict[str, Any]
INSTAGRAM_FIELDS = {
    "id": lambda person: person.user_id,
    "username": lambda person: person.username,
    "name": lambda person: person.name,
    "profile_picture_url": lambda person: f"https://scontent.cdninstagram.com/v/{person.user_id}.jpg",
    "biography": lambda person: f"This is {person.name}.",
    "website": lambda person: f"https://{person.username}.example/",
    "followers_count": lambda person: 1200,
    "follows_count": lambda person: 34,
    "media_count": lambda person: 56,
}
LISTED = "access_token,name,id,tasks"


def need_data_access(call: Call, token: FacebookToken) -> None:
    """After the ninety days the token is as valid as before, so it is no 190: the permission to read is gone."""
    ends = token.data_access_ends_at(call.switches.data_access_days)
    if ends is not None and call.now >= ends:
        call.refuse("permission_10")


# Instagram accounts


def instagram_node(call: Call, token: FacebookToken, account: Person) -> Answer:
    if BASIC not in token.granted:
        call.refuse("permission_10")
    need_data_access(call, token)
    linked = (call.world.instagram(call.world.pages[each]) for each in token.pages())
    if account not in [each for each in linked if each]:
        call.no_object(account.user_id)
    return json_answer(told_account(call, account, wanted(call, "id")))


def told_account(call: Call, account: Person, fields: Fields) -> Json:
    for name in fields:
        if name not in INSTAGRAM_FIELDS:
            call.refuse("no_field", field=name, node="IGUser")
    return {name: INSTAGRAM_FIELDS[name](account) for name in dict.fromkeys([*fields, "id"])}


# Pages


def told_page(call: Call, token: FacebookToken, page: Page, fields: Fields) -> Json:
    told = {name: value for name in fields if (value := page_field(call, token, page, name, fields)) is not None}
    return {**told, "id": page.id}


def page_field(call: Call, token: FacebookToken, page: Page, name: str, fields: Fields) -> object:
    """None leaves it out, as Meta does with what is not there or may not be seen."""
    match name:
        case "id":
            return page.id
        case "name":
            return page.name
        case "access_token":
            return call.world.page_token(token, page.id).access_token
        case "tasks":
            return list(token.holder.roles[page.id])
        case "instagram_business_account":
            need_data_access(call, token)
            account = call.world.instagram(page)
            return told_account(call, account, fields[name]) if account and BASIC in token.granted else None
    call.refuse("no_field", field=name, node="Page")


def page_node(call: Call, token: FacebookToken, page: Page) -> Answer:
    if page.id not in token.pages():
        call.no_object(page.id)
    if not {PAGE_LIST, READ_PAGES} & set(token.granted):
        call.refuse("permission_10")
    return json_answer(told_page(call, token, page, wanted(call, "name,id")))


def accounts(call: Call, token: FacebookToken) -> Answer:
    """The Pages that are shared with the app, with a token for each."""
    if token.page_id:
        call.refuse("no_field", field="accounts", node="Page")
    if PAGE_LIST not in token.granted:
        if call.switches.no_page_list == "code_10":
            call.refuse("permission_10")
        return json_answer({"data": []})
    fields = wanted(call, LISTED)
    return told(call, token.pages(), lambda page_id: told_page(call, token, call.world.pages[page_id], fields))


# whoever asks


def me(call: Call, token: FacebookToken) -> Answer:
    if token.page_id:
        return page_node(call, token, call.world.pages[token.page_id])
    known = {"id": token.user_id, "name": token.holder.name}
    fields = wanted(call, "id,name")
    for name in fields:
        if name not in known:
            call.refuse("no_field", field=name, node="User")
    return json_answer({name: known[name] for name in dict.fromkeys([*fields, "id"])})


def ad_accounts(call: Call, token: FacebookToken) -> Answer:
    if token.page_id:
        call.refuse("no_field", field="adaccounts", node="Page")
    if not {"ads_read", "ads_management"} & set(token.granted):
        call.refuse("permission_200")
    names = token.holder.ad_accounts if isinstance(token.holder, SystemUser) else {}
    fields = wanted(call, "id,account_id")

    def item(number: str) -> Json:
        known = {"id": f"act_{number}", "account_id": number, "name": names[number]}
        for name in fields:
            if name not in known:
                call.refuse("no_field", field=name, node="AdAccount")
        return {name: known[name] for name in dict.fromkeys([*fields, "id"])}

    return told(call, list(names), item)


# GET and DELETE /{user-id}/permissions


def permissions(call: Call, token: FacebookToken, name: str | None = None) -> Answer:
    if token.page_id:
        call.refuse("no_field", field="permissions", node="Page")
    if call.method == "DELETE":
        return withdraw(call, token, name)
    grant = token.holder.grants.get(token.app_id) if isinstance(token.holder, FacebookPerson) else None
    statuses = grant.permissions if grant else dict.fromkeys(token.granted, "granted")
    return json_answer({"data": [{"permission": each, "status": status} for each, status in statuses.items()]})


def withdraw(call: Call, token: FacebookToken, name: str | None) -> Answer:
    person = token.holder
    if not isinstance(person, FacebookPerson):
        call.no_object(token.user_id)
    if name is None:
        call.world.remove_app(person.id, token.app_id)
    elif name in token.granted:
        call.world.revoke(person.id, name, token.app_id)
    else:
        call.refuse("code_100")
    return json_answer({"success": True})
