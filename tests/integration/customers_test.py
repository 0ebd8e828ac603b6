"""Customers of a company: visitors with an account, who log in."""

import secrets
import unittest

from accounts_test import OTHER, PASSWORD, AccountCase
from support import messages_path, wait_until

DATA = "/api/v1/company/data-collection"
ALL_KEPT = {"name": True, "email": True, "phone": True, "attachments": True,
            "customer_accounts": True}


class CustomerCase(AccountCase):
    registration = "closed"

    def setUp(self):
        super().setUp()
        self.widget = self.folder.demo["widget_key"]
        self.keep(**ALL_KEPT)

    def keep(self, **kept):
        admin = self.folder.portal()
        answer = admin.request("PUT", DATA, body={**ALL_KEPT, **kept})
        self.assertEqual(answer.status, 200, answer.body)
        shown = admin.get(f"{DATA}?min_position={answer.json['position']}").json
        self.assertEqual(shown, {**ALL_KEPT, **kept})

    def sign_up(self, email="kim@example.org", password=PASSWORD, **more):
        return self.api.post("/api/v1/customers/registrations",
                             {"widget": self.widget, "name": "Kim", "email": email,
                              "password": password, **more})

    def confirm_customer(self, token, password=PASSWORD):
        return self.api.post("/api/v1/customers/confirmations",
                             {"token": token, "password": password})

    def enter(self, email="kim@example.org", password=PASSWORD, **more):
        return self.api.post("/api/v1/customers/sessions",
                             {"widget": self.widget, "email": email, "password": password, **more})

    def customer(self, email="kim@example.org"):
        """A customer who is confirmed; the API as it has it, and the answer to the log-in."""
        self.assertEqual(self.sign_up(email).status, 202)
        self.assertEqual(self.confirm_customer(self.mails.token("confirm")).status, 200)
        return self.entered(email)

    def entered(self, email="kim@example.org"):
        answer = self.enter(email)
        self.assertEqual(answer.status, 201, answer.body)
        return self.folder.api(token=answer.json["token"]), answer.json

    def write(self, api, text="Hello"):
        expert = self.folder.demo["experts"][0]["id"]
        answer = api.post("/api/v1/conversations", {"expert": expert, "text": text},
                          key=secrets.token_hex(8))
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json["id"]


class Customers(CustomerCase):
    # A12
    def test_a_customer_registers_confirms_and_logs_in(self):
        self.assertEqual(self.sign_up(locale="de").status, 202)
        self.assert_problem(self.enter(), 401, "login-failed")
        token = self.mails.token("confirm")
        self.assert_problem(self.confirm_customer(token, OTHER), 401, "login-failed")
        self.assertEqual(self.confirm_customer(token).status, 200)
        self.assert_problem(self.confirm_customer(token), 410, "token-invalid")
        self.assert_problem(self.enter(password=OTHER), 401, "login-failed")
        api, session = self.entered("KIM@example.org")
        me = api.get("/api/v1/customer").json
        self.assertEqual((me["name"], me["email"], me["visitor"], me["session"]),
                         ("Kim", "kim@example.org", session["visitor"], session["id"]))

    # A08, A12
    def test_a_forgotten_password_is_replaced_and_ends_the_sessions(self):
        api, _ = self.customer()
        asked = self.api.post("/api/v1/customers/password-resets",
                              {"widget": self.widget, "email": "kim@example.org"})
        self.assertEqual(asked.status, 202)
        done = self.api.post("/api/v1/password-resets/completions",
                             {"token": self.mails.token("reset"), "password": OTHER})
        self.assertEqual(done.status, 204, done.body)
        self.assertEqual(api.get("/api/v1/customer").status, 401)
        self.assert_problem(self.enter(), 401, "login-failed")
        self.assertEqual(self.enter(password=OTHER).status, 201)

    # A08, A12
    def test_asking_for_an_unknown_customer_is_answered_alike(self):
        asked = self.api.post("/api/v1/customers/password-resets",
                              {"widget": self.widget, "email": "nobody@example.org"})
        self.assertEqual((asked.status, asked.json), (202, {}))
        self.keep(customer_accounts=False)
        closed = self.api.post("/api/v1/customers/password-resets",
                               {"widget": self.widget, "email": "kim@example.org"})
        self.assert_problem(closed, 403, "customers-not-admitted")

    # A12
    def test_a_customer_finds_the_same_conversations_in_every_browser(self):
        first, session = self.customer()
        begun = self.write(first)
        second, same = self.entered()
        self.assertEqual(same["visitor"], session["visitor"])
        listed = wait_until(lambda: second.get("/api/v1/conversations").json["items"],
                            "the conversation is listed")
        self.assertEqual([item["id"] for item in listed], [begun])
        self.assertEqual(second.get(messages_path(begun)).json["items"][0]["text"], "Hello")
        other, _ = self.customer("lee@example.org")
        self.assertEqual(other.get("/api/v1/conversations").json["items"], [])
        self.assert_problem(other.get(messages_path(begun)), 404, "conversation-not-found")

    # A12, DEC18
    def test_the_companys_people_are_told_nothing_of_the_account(self):
        api, session = self.customer()
        self.write(api)
        answer = api.request("PUT", "/api/v1/visitor/persona", body={"name": "Blue"})
        self.assertEqual(answer.status, 200, answer.body)
        anna = self.folder.portal(self.folder.demo["experts"][0])
        card = anna.get(f"/api/v1/visitors/{session['visitor']}").json
        self.assertEqual(card, {"id": session["visitor"], "persona": True, "name": "Blue"})
        told = str(self.folder.replay("--stream", session["visitor"]))
        self.assertNotIn("Kim", told)
        self.assertNotIn("kim@example.org", told)
        self.assertNotIn("-acc-", told)

    # A12
    def test_sessions_are_listed_and_each_can_be_ended(self):
        first, one = self.customer()
        second, two = self.entered()
        listed = second.get("/api/v1/customer/sessions").json["items"]
        self.assertEqual([(item["id"], item["current"]) for item in listed],
                         [(one["id"], False), (two["id"], True)])
        path = "/api/v1/customer/sessions/"
        self.assertEqual(second.request("DELETE", path + one["id"]).status, 204)
        self.assert_problem(first.get("/api/v1/customer"), 401, "unauthorized")
        self.assert_problem(first.get("/api/v1/conversations"), 401, "unauthorized")
        other, theirs = self.customer("lee@example.org")
        self.assert_problem(second.request("DELETE", path + theirs["id"]), 404,
                            "session-not-found")
        self.assertEqual(second.request("DELETE", path + "current").status, 204)
        self.assert_problem(second.get("/api/v1/customer"), 401, "unauthorized")
        self.assertEqual(other.get("/api/v1/customer").status, 200)

    # A12, CPL20
    def test_a_customer_enters_no_portal_and_staff_are_no_customers(self):
        api, _ = self.customer()
        for path in ("/api/v1/me", "/api/v1/company", "/api/v1/inbox", "/api/v1/company/members"):
            self.assert_problem(api.get(path), 403, "audience-wrong")
        self.log_in("kim@example.org", status=401)
        admin = self.folder.demo["admin"]
        self.assert_problem(self.enter(admin["email"], admin["password"]), 401, "login-failed")
        self.assert_problem(self.folder.portal().get("/api/v1/customer"), 403, "audience-wrong")
        self.assert_problem(self.folder.api().get("/api/v1/customer"), 403, "audience-wrong")
        path = f"/api/v1/widget/{self.widget}/sessions"
        visitor = self.folder.api(token="").request(
            "POST", path, headers={"Origin": "http://localhost:8000"}).json["token"]
        self.assert_problem(self.folder.api(token=visitor).get("/api/v1/customer"), 403,
                            "audience-wrong")

    # A12
    def test_an_address_of_the_companys_people_may_be_a_customers_too(self):
        admin = self.folder.demo["admin"]
        self.customer(admin["email"])
        self.log_in(admin["email"], admin["password"])
        self.log_in(admin["email"], PASSWORD, status=401)

    # A12
    def test_a_known_address_is_told_by_mail_and_by_nothing_else(self):
        self.customer()
        known = self.sign_up(password=OTHER)
        mail = self.mails.next()
        self.assertEqual(mail["to"], ["kim@example.org"])
        self.assertNotIn("#confirm=", mail["text"])
        unknown = self.sign_up("new@example.org")
        self.assertEqual((known.status, known.body), (unknown.status, unknown.body))
        self.assert_problem(self.enter(password=OTHER), 401, "login-failed")
        missing = self.enter("nobody@example.org")
        wrong = self.enter("new@example.org")
        self.assertEqual((missing.status, missing.body), (wrong.status, wrong.body))

    # A12
    def test_the_link_of_a_customer_opens_no_portal(self):
        self.sign_up()
        token = self.mails.token("confirm")
        self.assert_problem(self.confirm(token), 410, "token-invalid")
        self.assertEqual(self.confirm_customer(token).status, 200)

    # A12, E11
    def test_a_company_that_keeps_no_accounts_takes_no_customers(self):
        self.customer()
        self.keep(customer_accounts=False)
        self.assert_problem(self.sign_up("new@example.org"), 403, "customers-not-admitted")
        self.assert_problem(self.enter(), 403, "customers-not-admitted")
        self.assert_problem(self.sign_up(widget=f"{self.folder.tenant}-wgk-{'0' * 32}"), 404,
                            "widget-not-found")

    # A12, CPL19
    def test_the_token_and_the_password_are_in_no_file(self):
        _, session = self.customer()
        secret = session["token"].rsplit("-", 1)[1][-64:]
        self.folder.stop()
        files = [path for top in (self.folder.data, self.folder.keys)
                 for path in top.rglob("*") if path.is_file()]
        for path in [*files, *self.folder.logs]:
            content = path.read_bytes()
            for hidden in (secret.encode(), bytes.fromhex(secret), PASSWORD.encode()):
                self.assertNotIn(hidden, content)


class Collection(CustomerCase):
    def visitor(self):
        path = f"/api/v1/widget/{self.widget}/sessions"
        session = self.folder.api(token="").request(
            "POST", path, headers={"Origin": "http://localhost:8000"}).json
        return self.folder.api(token=session["token"])

    # E11
    def test_what_a_company_does_not_collect_is_not_taken(self):
        self.keep(email=False, phone=False)
        api = self.visitor()
        before = self.folder.stats()["events"]
        for part, body in (("identity", {"name": "Mira", "email": "mira@example.org"}),
                           ("identity", {"email": "mira@example.org"}),
                           ("check-in", {"name": "Mira", "phone": "0511 123"})):
            answer = api.request("PUT", f"/api/v1/visitor/{part}", body=body)
            self.assert_problem(answer, 422, "not-collected")
        self.assertEqual(self.folder.stats()["events"], before)
        answer = api.request("PUT", "/api/v1/visitor/identity", body={"name": "Mira"})
        self.assertEqual(answer.status, 200, answer.body)
        self.keep(name=False)
        answer = self.visitor().request("PUT", "/api/v1/visitor/identity", body={"name": "Mira"})
        self.assert_problem(answer, 422, "not-collected")

    # E11
    def test_who_sets_it_is_the_admin_and_officers_see_it(self):
        expert = self.folder.portal(self.folder.demo["experts"][0])
        self.assert_problem(expert.get(DATA), 403, "role-missing")
        self.assert_problem(expert.request("PUT", DATA, body=ALL_KEPT), 403, "role-missing")
        self.assert_problem(self.folder.portal().request("PUT", DATA, body={"name": True}), 400,
                            "email-missing")


if __name__ == "__main__":
    unittest.main()
