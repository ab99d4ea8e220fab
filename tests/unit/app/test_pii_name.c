/* SPDX-License-Identifier: Apache-2.0 */
#include "app/pii_name.h"

#include "tool/check.h"

TEST(names_of_what_identifies_people)
{
	static const char *const names[] = {
		/* e-mail */
		"email",
		"Email",
		"EMAIL",
		"e_mail",
		"E-Mail",
		"eMail",
		"e mail",
		"E-Mail Address",
		"email_address",
		"emailAddress",
		"EMAILAddress",
		"customer_email",
		"email1",
		"email_2",
		"contactEmail",
		"mail",
		"mail_address",
		"Customer Mail",
		"email_id",
		"user.email",
		"raw_email",
		/* phone */
		"phone",
		"Phone",
		"phone_number",
		"phoneNumber",
		"PHONE2",
		"telephone",
		"mobile",
		"mobile_phone",
		"mobileNumber",
		"Mobile No",
		"cell",
		"cell_phone",
		"tel",
		"Tel.",
		"tel_nr",
		"fax",
		"home_phone",
		"msisdn",
		/* names */
		"name",
		"Name",
		"first_name",
		"firstname",
		"firstName",
		"First Name",
		"FIRST_NAME",
		"FirstName",
		"last_name",
		"lastname",
		"Last-Name",
		"surname",
		"full_name",
		"fullname",
		"FullName",
		"fname",
		"lname",
		"given_name",
		"familyName",
		"customer_name",
		"billing_first_name",
		"Recipient Name",
		"contact name",
		"shipToName",
		/* addresses and postcodes */
		"address",
		"address1",
		"address_line_1",
		"AddressLine2",
		"street",
		"street_address",
		"street name",
		"billing_address",
		"home_address",
		"mailing_address",
		"zip",
		"ZIP",
		"zip_code",
		"zipCode",
		"zipcode",
		"postal_code",
		"PostalCode",
		"postcode",
		"post_code",
		"customer_zip",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		check_state.test = names[i];
		CHECK(pii_name(names[i]));
	}
}

TEST(names_of_other_things)
{
	static const char *const names[] = {
		"",
		"_",
		"1",
		"-- --",
		"n",
		"e",
		"id",
		"customer_id",
		"user_id",
		"source",
		"note",
		"product_name",
		"productName",
		"campaign_name",
		"campaignname",
		"file_name",
		"filename",
		"brand_name",
		"store_name",
		"event name",
		"username",
		"nickname",
		"rename",
		"hostname",
		"name_of_product",
		"mailing_id",
		"mailing",
		"mailing_list",
		"direct_mail",
		"mail_date",
		"email_opt_in",
		"emailOptIn",
		"email_status",
		"has_email",
		"is_mobile",
		"email_domain",
		"email_subject",
		"email_campaign_name",
		"email_count",
		"emails_sent",
		"email_click_date",
		"email_sha256",
		"EmailHash",
		"hashed_email",
		"email_md5",
		"phone_type",
		"phone_model",
		"phone_brand",
		"mobile_device",
		"mobile_app_version",
		"mobile_id",
		"phone_country_code",
		"telecom",
		"telephony_plan",
		"cellular",
		"phonetic",
		"ip_address",
		"web_address",
		"mac_address",
		"addressable",
		"addressable_market",
		"street_view",
		"zipped",
		"store_zip",
		"code",
		"postal",
		"number",
		"first",
		"last",
		"first_seen",
		"last_seen",
		"first_name_count",
		"line",
		"city",
		"state",
		"country",
		"store_address",
		"shop_phone",
		"company_name",
		"currency_code",
		"to",
		"surname_hash",
		"name_length",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		check_state.test = names[i];
		CHECK(!pii_name(names[i]));
	}
}

/* Longer than any column may be, in one word and in many. */
TEST(lengths_do_not_matter)
{
	char text[1001];

	memset(text, 'x', 1000);
	text[1000] = '\0';
	CHECK(!pii_name(text));
	for (size_t i = 0; i < 1000; i += 2)
		text[i] = '_';
	CHECK(!pii_name(text));
	memcpy(text, "email", 5);
	text[5] = '_';
	CHECK(pii_name(text));
	CHECK(!pii_name("caf\xc3\xa9_name"));
	CHECK(!pii_name("stra\xc3\x9f"
			"e"));
}

int main(void)
{
	RUN(names_of_what_identifies_people);
	RUN(names_of_other_things);
	RUN(lengths_do_not_matter);
	return CHECK_DONE();
}
